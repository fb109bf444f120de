import { describe, expect, it } from 'vitest';
import { STANDARD_ANGLES } from '../doc/names.ts';
import type { FarmState, Render, Scores } from '../doc/records.ts';
import { advice, facts, headline, percent, setScores } from './scores.ts';

const IDLE: FarmState = { jobs: {}, previews: {} };
const scores = (digest: string, score: number | null = 0.973, more: Partial<Scores> = {}): Scores => ({
	digest,
	verdict: score === null ? 'not measured' : score < 0.95 ? 'draft' : 'passed',
	spatial: {
		score, worst: score === null ? null : { pair: ['medium', 'low_angle'], score: 0.911 }, coverage: 0.314, measured: score === null ? 0 : 24,
		possible: 30, dropped: { mirror: 0.19 }, geometric: { agrees: 0.996, returns: 0.99 }, reason: score === null ? 'no two cameras share a tenth of their frames' : ''
	},
	identity: null,
	mood: { score: 1, here: { score: 1, asked: 3, missed: [] } },
	...more
});
const set = (values: Partial<Record<string, Partial<Render>>> = {}, all: Partial<Render> = {}) => {
	const slots = new Map(STANDARD_ANGLES.map((camera) => [`base/${camera}`, { state: 'done', image: camera, ...all, ...values[camera] } as Render]));
	return (slot: string) => slots.get(slot);
};

describe('the scores of a set', () => {
	it('are those that all six slots hold', () => {
		expect(setScores(set({}, { scores: scores('d') }), IDLE, 'e', 'base')).toMatchObject({ state: 'scored', scores: { digest: 'd' } });
	});

	it('do not count once one picture is another', () => {
		expect(setScores(set({ medium: { state: 'queued' } }, { scores: scores('d') }), IDLE, 'e', 'base').state).toBe('waiting');
		expect(setScores(set({ medium: { scores: undefined } }, { scores: scores('d') }), IDLE, 'e', 'base').state).toBe('waiting');
		expect(setScores(set({ medium: { scores: scores('other') } }, { scores: scores('d') }), IDLE, 'e', 'base').state).toBe('waiting');
	});

	it('are said to be on their way while the farm compares', () => {
		const farm: FarmState = { jobs: { j: { id: 'j', environment: 'e', slot: 'base/*', lane: 'settled', state: 'running', progress: 0, phase: '' } }, previews: {} };
		expect(setScores(set(), farm, 'e', 'base').state).toBe('measuring');
		expect(setScores(set({ medium: { image: undefined } }), farm, 'e', 'base')).toEqual({ state: 'incomplete', missing: 1 });
	});

	it('are read in plain words, and never rounded up to what they are not', () => {
		expect(headline({ state: 'scored', scores: scores('d') })).toBe('97 % of what several cameras see looks the same');
		expect(percent(0.9499)).toBe('94 %');
		expect(percent(0.57)).toBe('57 %');
		const said = facts(scores('d')).map((fact) => `${fact.name}: ${fact.value} ${fact.words}`);
		expect(said).toContain('Weakest pair: 91 % Medium and Low angle');
		expect(said).toContain('Coverage: 31 % of a frame is shared by two cameras on average; 24 of 30 comparisons could be made');
		expect(said.join()).toContain('Left out: 19 % of the surface: water, glass');
	});

	it('that could not be measured give the reason and no number', () => {
		expect(headline({ state: 'scored', scores: scores('d', null) })).toBe('Not measured: no two cameras share a tenth of their frames');
		expect(facts(scores('d', null)).map((fact) => fact.name)).not.toContain('One place');
	});

	it('under the gate say what to do', () => {
		expect(advice(scores('d', 0.9))).toContain('Medium and Low angle side by side');
		const hidden = scores('d', 0.97, { identity: { score: 0.6, worst: 'high_angle', here: null } });
		expect(advice(hidden)).toContain('hard to recognise in High angle');
		expect(advice(scores('d'))).toBe('');
	});
});

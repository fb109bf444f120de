// What the six angles of a place are worth: read from the slots they stand in, and said in plain words.

import { angleTitle, STANDARD_ANGLES } from '../doc/names.ts';
import type { FarmState, Render, Scores } from '../doc/records.ts';

export const SPATIAL_GATE = 0.95;
export const IDENTITY_GATE = 0.8;

export type SetScores =
	| { state: 'incomplete'; missing: number }
	| { state: 'measuring' }
	| { state: 'waiting' }
	| { state: 'scored'; scores: Scores };

/** What stands in the six slots of one variation. Scores of pictures that changed since do not count. */
export function setScores(
	render: (slot: string) => Render | undefined,
	farm: FarmState,
	environment: string,
	variation: string
): SetScores {
	const slots = STANDARD_ANGLES.map((camera) => render(`${variation}/${camera}`));
	const missing = slots.filter((value) => !value?.image).length;
	if (missing > 0) return { state: 'incomplete', missing };
	const [first, ...rest] = slots.map((value) => (isCurrent(value) ? value?.scores : undefined));
	if (first?.digest && rest.every((scores) => scores?.digest === first.digest)) return { state: 'scored', scores: first };
	if (slots.some((value) => !isCurrent(value))) return { state: 'waiting' };
	const is_asked = Object.values(farm.jobs).some((job) => job.environment === environment && job.slot === `${variation}/*`);
	return { state: is_asked ? 'measuring' : 'waiting' };
}

function isCurrent(value: Render | undefined): boolean {
	return value?.state === 'done' || value?.state === 'draft';
}

/** 0.973 as "97 %". Never rounded up to a gate it does not reach, nor up to 100. */
export function percent(share: number): string {
	return `${Math.floor(share * 100 + 1e-6)} %`;
}

/** One line for where there is room for one. */
export function headline(set: SetScores): string {
	if (set.state === 'incomplete') return 'Not measured: not all six angles are there';
	if (set.state === 'measuring') return 'Comparing the angles';
	if (set.state === 'waiting') return 'Not measured yet';
	const spatial = set.scores.spatial?.score;
	if (typeof spatial !== 'number') return `Not measured: ${notMeasured(set.scores)}`;
	return `${percent(spatial)} of what several cameras see looks the same`;
}

/** Why a set has no spatial score. */
export function notMeasured(scores: Scores): string {
	return scores.reason || scores.spatial?.reason || 'nothing could be compared';
}

export interface Fact {
	name: string;
	value: string;
	words: string;
	is_under?: boolean;
}

/** The numbers of a set, each with what it means. */
export function facts(scores: Scores): Fact[] {
	const found: Fact[] = [];
	const { spatial, identity, mood } = scores;
	if (typeof spatial?.score === 'number') {
		found.push({
			name: 'One place', value: percent(spatial.score), is_under: spatial.score < SPATIAL_GATE,
			words: 'of what several cameras see looks the same'
		});
		const worst = spatial.worst;
		if (worst && typeof worst.score === 'number') {
			found.push({ name: 'Weakest pair', value: percent(worst.score), words: worst.pair.map((camera) => angleTitle(camera)).join(' and ') });
		}
		found.push({
			name: 'Coverage', value: percent(spatial.coverage),
			words: `of a frame is shared by two cameras on average; ${spatial.measured} of ${spatial.possible} comparisons could be made`
		});
		const dropped = Object.entries(spatial.dropped ?? {}).filter(([, share]) => share >= 0.01);
		for (const [reason, share] of dropped) {
			found.push({ name: 'Left out', value: percent(share), words: LEFT_OUT[reason] ?? reason });
		}
	}
	if (typeof spatial?.geometric?.agrees === 'number') {
		found.push({ name: 'Geometric', value: percent(spatial.geometric.agrees), words: 'of the shared points have one depth for both cameras' });
	}
	if (identity) {
		found.push(
			typeof identity.score === 'number'
				? {
						name: 'Same place', value: percent(identity.score), is_under: identity.score < IDENTITY_GATE,
						words: `as the base, at least${identity.worst ? `; hardest to recognise: ${angleTitle(identity.worst)}` : ''}`
					}
				: { name: 'Same place', value: 'Not measured', words: identity.here?.reason || 'the base does not show its own structure' }
		);
	}
	if (typeof mood?.score === 'number') {
		const missed = (mood.here?.missed ?? []).map((sign) => sign.sign);
		found.push({
			name: 'Mood', value: percent(mood.score),
			words: `of the signs of this hour, weather and season are there${missed.length ? `; here not: ${missed.join(', ')}` : ''}`
		});
	}
	return found;
}

const LEFT_OUT: Record<string, string> = {
	mirror: 'of the surface: water, glass and reflections look different from everywhere',
	falling: 'of the surface: behind falling rain or snow'
};

/** What a draft lacks, and what to do about it. */
export function advice(scores: Scores): string {
	const { spatial, identity } = scores;
	if (typeof spatial?.score === 'number' && spatial.score < SPATIAL_GATE) {
		const pair = spatial.worst?.pair.map((camera) => angleTitle(camera)).join(' and ');
		return `The cameras do not agree well enough (${percent(SPATIAL_GATE)} is asked for). Look at ${pair ?? 'the weakest pair'} side by side; a higher render quality, or less weather between camera and place, usually helps.`;
	}
	if (typeof identity?.score === 'number' && identity.score < IDENTITY_GATE) {
		const where = identity.worst ? ` in ${angleTitle(identity.worst)}` : '';
		return `The place is hard to recognise${where} (${percent(IDENTITY_GATE)} is asked for). Soften this variation's weather or light until what the place is known by shows again.`;
	}
	return '';
}

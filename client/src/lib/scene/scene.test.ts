import { describe, expect, it } from 'vitest';
import { clock, daylight, lightWord, parseClock } from './hours.ts';
import { groupsFor, readSchema, settle, shown, type Parameter } from './schema.ts';
import { seasonWord } from './seasons.ts';

describe('hours', () => {
	it('shows 6.2 h as 06:12 and never 24:00', () => {
		expect(clock(6.2)).toBe('06:12');
		expect(clock(24)).toBe('00:00');
		expect(clock(23.999)).toBe('00:00');
		expect(clock(-0.5)).toBe('23:30');
	});

	it('reads what people type', () => {
		expect(parseClock('6:12')).toBeCloseTo(6.2);
		expect(parseClock('0612')).toBeCloseTo(6.2);
		expect(parseClock('18,5')).toBe(18.5);
		expect(parseClock('24')).toBe(0);
		expect(parseClock('25')).toBeNull();
		expect(parseClock('soon')).toBeNull();
		expect(parseClock('')).toBeNull();
	});

	it('has long days in summer, short ones in winter, and words for them', () => {
		const summer = daylight(1.25);
		const winter = daylight(3.25);
		expect(summer.set - summer.rise).toBeGreaterThan(15);
		expect(winter.set - winter.rise).toBeLessThan(9);
		expect(lightWord(12, 1)).toBe('Noon');
		expect(lightWord(2, 1)).toBe('Night');
		expect(lightWord(summer.rise, 1.25)).toBe('Sunrise');
	});
});

it('seasons turn through the year', () => {
	expect([0.1, 1.5, 2.9, 3.5, 4.1].map(seasonWord)).toEqual([
		'Early spring', 'Midsummer', 'Late autumn', 'Midwinter', 'Early spring'
	]);
});

const schema = {
	properties: {
		archetype: { title: 'Place', enum: ['alpine', 'city'], default: 'alpine', 'x-group': 'Place', 'x-control': 'choice', 'x-archetypes': ['alpine', 'city'] },
		relief: { title: 'Relief', minimum: 0, maximum: 1, default: 0.5, 'x-group': 'Place', 'x-control': 'slider', 'x-step': 0.01, 'x-archetypes': ['alpine'] },
		time_of_day: { title: 'Hour', minimum: 0, maximum: 24, default: 9, 'x-group': 'Time & season', 'x-control': 'hour_dial', 'x-unit': 'h', 'x-step': 0.05, 'x-cyclic': true, 'x-archetypes': ['alpine', 'city'] },
		exposure_ev: { title: 'Exposure', minimum: -3, maximum: 3, default: 0, 'x-group': 'Light', 'x-control': 'slider', 'x-unit': 'EV', 'x-step': 0.1, 'x-archetypes': [] },
		wind: { title: 'Wind', minimum: 0, maximum: 60, default: 0, 'x-control': 'windsock', 'x-unit': 'km/h', 'x-step': 1 }
	}
};

describe('the scene schema', () => {
	const parameters = readSchema(schema);
	const named = (name: string): Parameter => parameters.find((p) => p.name === name) as Parameter;

	it('groups what the archetype has, time first, and keeps a control it does not know usable', () => {
		expect(groupsFor(parameters, 'alpine').map((g) => [g.title, g.parameters.map((p) => p.name)])).toEqual([
			['Time & season', ['time_of_day']],
			['Light', ['exposure_ev']],
			['Place', ['archetype', 'relief']],
			['More', ['wind']]
		]);
		expect(groupsFor(parameters, 'city').find((g) => g.title === 'Place')?.parameters.map((p) => p.name)).toEqual(['archetype']);
		expect(named('wind').control).toBe('slider');
		expect(readSchema(null)).toEqual([]);
	});

	it('offers what makes sense in a kind of place, its usual choice first', () => {
		const landmark = {
			title: 'Landmark', enum: ['usual', 'cabin', 'house', 'none'], default: 'usual', 'x-group': 'Place', 'x-control': 'choice',
			'x-archetypes': ['alpine'], 'x-choices': { alpine: ['cabin', 'none'] }
		};
		const [offered] = groupsFor(readSchema({ properties: { landmark } }), 'alpine')[0]?.parameters ?? [];
		expect(offered).toMatchObject({ choices: ['cabin', 'none'], default: 'cabin' });
	});

	it('settles values onto steps, wraps rings, and shows units', () => {
		expect(settle(named('time_of_day'), 24.02)).toBe(0);
		expect(settle(named('time_of_day'), -0.1)).toBe(23.9);
		expect(settle(named('exposure_ev'), 9)).toBe(3);
		expect(settle(named('relief'), 0.3333)).toBe(0.33);
		expect(shown(named('relief'), 0.33)).toBe('33 %');
		expect(shown(named('exposure_ev'), 1)).toBe('+1.0 EV');
		expect(shown(named('exposure_ev'), -1)).toBe('−1.0 EV');
	});
});

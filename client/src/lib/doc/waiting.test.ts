import { describe, expect, it } from 'vitest';
import { parseWaiting, Waiting } from './waiting.ts';

describe('own changes that wait', () => {
	it('counts a drag as one change, and another control as another', () => {
		const waiting = new Waiting();
		for (let i = 1; i <= 60; i++) waiting.note(7, i, 'env.parameters.time_of_day', 1000 + i * 16);
		waiting.note(7, 61, 'env.parameters.haze', 2000);

		expect(waiting.count).toBe(2);
	});

	it('lets go only of what the durable state vector reaches', () => {
		const waiting = new Waiting();
		waiting.note(7, 5, 'a', 0);
		waiting.note(7, 9, 'b', 5000);

		waiting.confirm(new Map([[7, 6]]));
		expect(waiting.count).toBe(1);

		waiting.confirm(new Map([[7, 9]]));
		expect(waiting.count).toBe(0);
	});

	it('leaves alone what another tab has written down', () => {
		const here = parseWaiting('[{"client":7,"clock":5,"what":"a","at_ms":0}]');
		const other_tab = new Waiting();
		other_tab.note(9, 3, 'theirs', 0);
		here.note(8, 1, 'mine', 5000);
		here.confirm(new Map([[7, 5]]));

		expect(here.beside(parseWaiting(JSON.stringify([...parseWaiting('[{"client":7,"clock":5,"what":"a","at_ms":0}]').toJSON(), ...other_tab.toJSON()]))).map((c) => c.what)).toEqual(['theirs', 'mine']);
	});

	it('survives a reload under another client id', () => {
		const before = new Waiting();
		before.note(7, 5, 'a', 0);

		const after = parseWaiting(JSON.stringify(before));
		after.note(8, 2, 'b', 9000);

		expect(after.count).toBe(2);
		after.confirm(new Map([[7, 5]]));
		expect(after.count).toBe(1);
	});

	it('forgets what this device no longer holds, and nonsense', () => {
		const waiting = parseWaiting('[{"client":7,"clock":5,"what":"a","at_ms":0}]');
		waiting.keepOnly(new Map([[7, 3]]));

		expect(waiting.count).toBe(0);
		expect(parseWaiting('{"x":1}').count).toBe(0);
		expect(parseWaiting('not json').count).toBe(0);
	});
});

import { describe, expect, it } from 'vitest';
import { gridOf } from './grid.ts';

const measures = { width: 1200, scrolled: 0, viewport: 800, count: 500, card_min: 260, gap: 20, foot: 60, aspect: 16 / 9 };

describe('the gallery’s window', () => {
	it('draws a few dozen of five hundred cards, wherever one scrolls', () => {
		const top = gridOf(measures);
		expect(top.columns).toBe(4);
		expect([top.first, top.offset]).toEqual([0, 0]);
		expect(top.last).toBeLessThan(40);

		const middle = gridOf({ ...measures, scrolled: 12_000 });
		expect(middle.first).toBeGreaterThan(150);
		expect(middle.last - middle.first).toBeLessThan(48);
		expect(middle.offset).toBe((middle.first / 4) * middle.row_height);
	});

	it('ends where the cards end, and holds one column on a phone', () => {
		const end = gridOf({ ...measures, scrolled: 1e6 });
		expect(end.last).toBe(500);
		expect(end.first).toBeLessThan(500);
		expect(gridOf({ ...measures, width: 358 }).columns).toBe(1);
		expect(gridOf({ ...measures, count: 0 })).toMatchObject({ first: 0, last: 0, total_height: 0 });
	});
});

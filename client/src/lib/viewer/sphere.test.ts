import { describe, expect, it } from 'vitest';
import { AHEAD, closer, dragged, facing, fromSphere, toSphere, turned } from './sphere.ts';

const size = { width: 1000, height: 600 };
const middle = { x: 500, y: 300 };

describe('looking around', () => {
	it('begins at the centre of the picture, with the horizon level', () => {
		expect(toSphere(AHEAD, size, middle)).toEqual({ u: 0.5, v: 0.5 });
		expect(toSphere(AHEAD, size, { x: 900, y: 300 }).v).toBeCloseTo(0.5);
		expect(toSphere(AHEAD, size, { x: 900, y: 300 }).u).toBeGreaterThan(0.5);
		expect(toSphere(AHEAD, size, { x: 500, y: 100 }).v).toBeLessThan(0.5);
	});

	it('opens along a compass heading: east is a quarter to the right of the middle, which is north', () => {
		expect(toSphere(facing(Math.PI / 2), size, middle).u).toBeCloseTo(0.75);
		expect(toSphere(facing(Math.PI / 2), size, middle).v).toBeCloseTo(0.5);
	});

	it('turns right around: a quarter turn shows a quarter further, and behind is the seam', () => {
		expect(toSphere(turned(AHEAD, Math.PI / 2, 0), size, middle).u).toBeCloseTo(0.75);
		expect(Math.abs(toSphere(turned(AHEAD, Math.PI, 0), size, middle).u - 0.5)).toBeCloseTo(0.5);
		expect(turned(AHEAD, 2 * Math.PI, 0).yaw).toBeCloseTo(0);
	});

	it('puts a point back where it came from, and hides what is behind', () => {
		const look = closer(turned(AHEAD, 2.2, 0.4), 1.5);
		for (const at of [middle, { x: 30, y: 40 }, { x: 950, y: 580 }]) {
			const { u, v } = toSphere(look, size, at);
			const back = fromSphere(look, size, u, v);
			expect(back?.x).toBeCloseTo(at.x, 6);
			expect(back?.y).toBeCloseTo(at.y, 6);
		}
		expect(fromSphere(AHEAD, size, 0.02, 0.5)).toBeNull();
	});

	it('follows the hand: dragged to the right, what was left comes in', () => {
		expect(toSphere(dragged(AHEAD, size, 100, 0), size, middle).u).toBeLessThan(0.5);
		expect(toSphere(dragged(AHEAD, size, 0, 100), size, middle).v).toBeLessThan(0.5);
		expect(dragged(AHEAD, size, 0, 100_000).pitch).toBeLessThan(Math.PI / 2);
	});
});

import { describe, expect, it } from 'vitest';
import { fit, kept, toPicture, toStage, zoomAt } from './zoom.ts';

const stage = { width: 1000, height: 600 };
const picture = { width: 768, height: 768 };

describe('zoom', () => {
	it('fits the frame, not the film, when a frame is set', () => {
		expect(fit(stage, picture).scale).toBeCloseTo(600 / 768);
		const wide = fit(stage, picture, { width: 768, height: 432 });
		expect(wide.scale).toBeCloseTo(1000 / 768);
		expect(wide.y).toBeCloseTo((600 - 1000) / 2);
	});

	it('keeps the point under the cursor where it is', () => {
		const at = fit(stage, picture);
		const cursor = { x: 420, y: 130 };
		const before = toPicture(at, picture, cursor);

		const after = zoomAt(at, cursor, 1.7);

		expect(toPicture(after, picture, cursor).u).toBeCloseTo(before.u);
		expect(toPicture(after, picture, cursor).v).toBeCloseTo(before.v);
	});

	it('goes to the stage and back', () => {
		const at = zoomAt(fit(stage, picture), { x: 10, y: 10 }, 3);
		const point = toStage(at, picture, 0.25, 0.75);
		expect(toPicture(at, picture, point)).toEqual({ u: expect.closeTo(0.25), v: expect.closeTo(0.75) });
	});

	it('cannot lose the picture', () => {
		const lost = kept({ scale: 1, x: 5000, y: -5000 }, stage, picture);
		expect(lost.x).toBe(750);
		expect(lost.y).toBe(150 - 768);
	});
});

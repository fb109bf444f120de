import { describe, expect, it } from 'vitest';
import type { Render } from '../doc/records.ts';
import { angleOfView, freshName, orbitOf, poseOf, positionOn, reachOf, sizeOf, standingOf, startFrom, type Vector } from './camera.ts';

/** A picture taken from `position` towards `target`, written as the farm writes it. */
function taken(position: Vector, target: Vector, focal_mm = 35): Render {
	const way = target.map((t, i) => t - (position[i] as number));
	const length = Math.hypot(...way);
	const rows = way.map((w) => [0, 0, w / length]);
	return { state: 'done', camera: { projection: 'pinhole', position_m: position, world_from_cam: rows, fx_px: (focal_mm / 36) * 768, width_px: 768 } };
}
const pose = (render: Render) => poseOf(render) as NonNullable<ReturnType<typeof poseOf>>;

describe('a camera on its orbit', () => {
	it('stands south of what it looks at to the north, and comes back to where it was', () => {
		expect(orbitOf([0, -50, 12], [0, 0, 2])).toEqual({ heading_deg: 180, height_m: 10, distance_m: 50 });
		expect(orbitOf([30, 0, 0], [0, 0, 0]).heading_deg).toBe(90);
		const position: Vector = [-47.2, -19.753, 28.238];
		expect(positionOn(orbitOf(position, [0, 62, 7]), [0, 62, 7])).toEqual(position);
	});

	it('begins where an angle stands, looking at what all angles look at', () => {
		const subject: Vector = [0, 62, 7];
		const wide = pose(taken([10, -60, 12], subject, 22));
		// a high angle is tilted: only on the map does it look at the subject
		const high = pose(taken([-47, -20, 28], [0, 62, 0]));

		const start = startFrom(wide, [wide, high], reachOf({ indoors: false, group: 'Landscapes' }));

		expect(start.position_m).toEqual([10, -60, 12]);
		expect(start.look_at_m?.map((v) => Math.round(v) + 0)).toEqual(subject);
		expect(start.focal_mm).toBe(22);
	});

	it('guesses how far its subject is when only one angle is known', () => {
		const wide = pose(taken([0, 0, 2], [0, 50, 2]));
		expect(startFrom(wide, [wide], reachOf({ indoors: true, group: 'Rooms' })).look_at_m).toEqual([0, 3.5, 2]);
	});

	it('takes nothing from a panorama or from a picture without a camera', () => {
		expect(poseOf({ state: 'done', camera: { projection: 'equirect', position_m: [0, 0, 0] } })).toBeNull();
		expect(poseOf(undefined)).toBeNull();
	});

	it('knows its lens', () => {
		expect(angleOfView(35, 36)).toBe(54);
		expect(angleOfView(35, 24.89)).toBe(39);
	});

	it('gets a name of its own', () => {
		expect(freshName([{ kind: 'custom', name: 'Camera 1' }, { kind: 'custom', label: 'Camera 2' }])).toBe('Camera 3');
	});
});

describe('a picture that is not there yet', () => {
	it('has the shape its camera asks for, and as many pixels in every shape', () => {
		expect(sizeOf(undefined)).toEqual({ width: 1024, height: 576 });
		expect(sizeOf('1:1')).toEqual({ width: 768, height: 768 });
		expect(sizeOf('9:16')).toEqual({ width: 576, height: 1024 });
		expect(sizeOf('2.39:1')).toEqual({ width: 1186, height: 496 });
	});
});

describe('a camera written as an orbit', () => {
	it('stands where the orbit says, unless it also has a position', () => {
		const orbit = { target_m: [10, 20, 5] as Vector, yaw_deg: 90, pitch_deg: 30, distance_m: 40 };
		const { position, look_at } = standingOf({ kind: 'custom', orbit });
		expect(position?.map((v) => Math.round(v))).toEqual([45, 20, 25]);
		expect(look_at).toEqual([10, 20, 5]);
		expect(standingOf({ kind: 'custom', orbit, position_m: [0, 0, 9], look_at_m: [1, 1, 1] }).position).toEqual([0, 0, 9]);
	});
});

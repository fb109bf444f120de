// A custom camera in space. World: z up, metres, x east, y north; headings are compass degrees, 0 north, clockwise.

import type { Aspect, Camera, Render } from '../doc/records.ts';

export type Vector = [number, number, number];

/** Where a camera stands, seen from the point it looks at: compass heading, height above it, distance on the map. */
export interface Orbit {
	heading_deg: number;
	height_m: number;
	distance_m: number;
}

/** How far a camera may reasonably go in a kind of place, and how far off its subject is if nothing tells. */
export interface Reach {
	nearest_m: number;
	farthest_m: number;
	lowest_m: number;
	highest_m: number;
	step_m: number;
	subject_m: number;
}

export const FOCALS_MM = [18, 24, 35, 50, 85] as const;
export const FOCAL_RANGE_MM = [4, 1200] as const;
export const SENSORS: { label: string; size_mm: [number, number] }[] = [
	{ label: 'Full frame', size_mm: [36, 24] },
	{ label: 'Super 35', size_mm: [24.89, 18.66] },
	{ label: 'APS-C', size_mm: [23.5, 15.6] },
	{ label: '65 mm', size_mm: [54.12, 25.58] },
	{ label: 'Four Thirds', size_mm: [17.3, 13] },
	{ label: 'Phone', size_mm: [9.8, 7.3] }
];
export const ASPECTS: { id: Aspect; ratio: number; label: string }[] = [
	{ id: '16:9', ratio: 16 / 9, label: '16:9' },
	{ id: '2.39:1', ratio: 2.39, label: '2.39' },
	{ id: '4:3', ratio: 4 / 3, label: '4:3' },
	{ id: '1:1', ratio: 1, label: '1:1' },
	{ id: '9:16', ratio: 9 / 16, label: '9:16' }
];
export const DEFAULT_ASPECT: Aspect = '16:9';
const FULL_FRAME_MM: [number, number] = [36, 24];
export const MOST_CAMERAS = 64;

/** The shape of a picture that is not there yet: a standard one of that aspect, as the farm will make it. */
export function sizeOf(aspect: Aspect | undefined): { width: number; height: number } {
	const { ratio } = ASPECTS.find((a) => a.id === aspect) ?? (ASPECTS[0] as (typeof ASPECTS)[number]);
	const short = 2 * Math.round(Math.sqrt(768 ** 2 / Math.max(ratio, 1 / ratio)) / 2);
	const long = 2 * Math.round((short * Math.max(ratio, 1 / ratio)) / 2);
	return ratio < 1 ? { width: short, height: long } : { width: long, height: short };
}

/** Position and subject of a camera, whichever way it was written. */
export function standingOf(camera: Camera): { position?: Vector; look_at?: Vector } {
	const { orbit, position_m, look_at_m } = camera;
	if (position_m || !orbit) return { position: position_m, look_at: look_at_m };
	const pitch = (orbit.pitch_deg * Math.PI) / 180;
	const around = { heading_deg: orbit.yaw_deg, height_m: orbit.distance_m * Math.sin(pitch), distance_m: orbit.distance_m * Math.cos(pitch) };
	const target = orbit.target_m ?? look_at_m ?? [0, 0, 0];
	return { position: positionOn(around, target), look_at: target };
}

/** By what kind of place it is: a room, a town, or open land. */
export function reachOf(place: { indoors: boolean; group: string }): Reach {
	if (place.indoors) return { nearest_m: 0.3, farthest_m: 12, lowest_m: -2, highest_m: 3, step_m: 0.05, subject_m: 3.5 };
	if (place.group === 'Towns') return { nearest_m: 1, farthest_m: 150, lowest_m: -20, highest_m: 80, step_m: 0.5, subject_m: 28 };
	return { nearest_m: 2, farthest_m: 600, lowest_m: -60, highest_m: 240, step_m: 1, subject_m: 100 };
}

export function orbitOf(position: Vector, look_at: Vector): Orbit {
	const [east, north, up] = [position[0] - look_at[0], position[1] - look_at[1], position[2] - look_at[2]];
	const heading = (Math.atan2(east, north) * 180) / Math.PI;
	return { heading_deg: (heading + 360) % 360, height_m: up, distance_m: Math.hypot(east, north) };
}

export function positionOn(orbit: Orbit, look_at: Vector): Vector {
	const heading = (orbit.heading_deg * Math.PI) / 180;
	return rounded([
		look_at[0] + orbit.distance_m * Math.sin(heading),
		look_at[1] + orbit.distance_m * Math.cos(heading),
		look_at[2] + orbit.height_m
	]);
}

interface Pose {
	position: Vector;
	forward: Vector;
	focal_mm: number;
}

/** The place a picture was really taken from, as the farm wrote it beside the picture. */
export function poseOf(render: Render | undefined): Pose | null {
	const camera = render?.camera as Record<string, unknown> | undefined;
	const rows = camera?.world_from_cam as number[][] | undefined;
	if (camera?.projection !== 'pinhole' || !isVector(camera.position_m) || !Array.isArray(rows)) return null;
	const forward = rows.map((row) => row?.[2]);
	if (!isVector(forward)) return null;
	// The film's width lies along the longer side.
	const focal = (Number(camera.fx_px) / Math.max(Number(camera.width_px), Number(camera.height_px) || 0)) * FULL_FRAME_MM[0];
	return { position: camera.position_m, forward, focal_mm: Number.isFinite(focal) ? Math.round(focal * 10) / 10 : 35 };
}

/** A custom camera that begins where a standard angle stands. All standard angles look towards one subject, so where
 * their lines of sight cross on the map is how far away it is. */
export function startFrom(pose: Pose, standard: Pose[], reach: Reach): Pick<Camera, 'position_m' | 'look_at_m' | 'focal_mm' | 'sensor_mm'> {
	const away = distanceToSubject(pose, standard);
	const far_m = away !== null && away > reach.nearest_m && away < reach.farthest_m ? away : reach.subject_m;
	const look_at = pose.position.map((p, i) => p + far_m * (pose.forward[i] ?? 0)) as Vector;
	return { position_m: rounded(pose.position), look_at_m: rounded(look_at), focal_mm: pose.focal_mm, sensor_mm: FULL_FRAME_MM };
}

/** Along the line of sight to the point of the map nearest to all lines (least squares); null when they are parallel. */
function distanceToSubject(pose: Pose, standard: Pose[]): number | null {
	let [xx, xy, yy, x, y] = [0, 0, 0, 0, 0];
	for (const { position, forward } of standard) {
		const length = Math.hypot(forward[0], forward[1]) || 1;
		const [a, b] = [-forward[1] / length, forward[0] / length];
		const offset = a * position[0] + b * position[1];
		xx += a * a;
		xy += a * b;
		yy += b * b;
		x += a * offset;
		y += b * offset;
	}
	const size = xx * yy - xy * xy;
	const flat = pose.forward[0] ** 2 + pose.forward[1] ** 2;
	if (size < 1e-4 || flat < 1e-4) return null;
	const [subject_x, subject_y] = [(x * yy - y * xy) / size, (y * xx - x * xy) / size];
	return ((subject_x - pose.position[0]) * pose.forward[0] + (subject_y - pose.position[1]) * pose.forward[1]) / flat;
}

/** Horizontal angle of view, whole degrees. */
export function angleOfView(focal_mm: number, sensor_width_mm: number): number {
	return Math.round((2 * Math.atan(sensor_width_mm / 2 / focal_mm) * 180) / Math.PI);
}

/** A name no other camera of the place has. */
export function freshName(cameras: Iterable<Camera>): string {
	const taken = new Set([...cameras].map((c) => c.name ?? c.label));
	let number = 1;
	while (taken.has(`Camera ${number}`)) number++;
	return `Camera ${number}`;
}

export function isVector(value: unknown): value is Vector {
	return Array.isArray(value) && value.length === 3 && value.every((v) => Number.isFinite(v));
}

function rounded(vector: Vector): Vector {
	return vector.map((v) => Math.round(v * 1000) / 1000 + 0) as Vector;
}

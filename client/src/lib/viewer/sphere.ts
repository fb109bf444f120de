// Looking around inside a 360° picture. Its centre is straight ahead (north), u grows to the right, v downwards.

import type { Size } from './zoom.ts';

/** Where one looks, in radians: yaw to the right of the picture's centre, pitch upwards; fov is vertical. */
export interface Look {
	yaw: number;
	pitch: number;
	fov: number;
}

type Vector = [number, number, number];

export const AHEAD: Look = { yaw: 0, pitch: 0, fov: (60 * Math.PI) / 180 };
/** Level along a compass heading in radians, as a panorama opens. */
export const facing = (heading: number): Look => ({ ...AHEAD, yaw: heading });

const FOV_MIN = (20 * Math.PI) / 180;
const FOV_MAX = (100 * Math.PI) / 180;
/** Straight up would leave no way to say which way is up. */
const PITCH_MAX = (88 * Math.PI) / 180;

/** Right, up and forward in the world (x east, y up, z north); right and up reach to the edges of the window. */
export function axes(look: Look, size: Size): { right: Vector; up: Vector; forward: Vector } {
	const [sy, cy] = [Math.sin(look.yaw), Math.cos(look.yaw)];
	const [sp, cp] = [Math.sin(look.pitch), Math.cos(look.pitch)];
	const tall = Math.tan(look.fov / 2);
	const wide = (tall * size.width) / Math.max(1, size.height);
	return {
		right: [cy * wide, 0, -sy * wide],
		up: [-sy * sp * tall, cp * tall, -cy * sp * tall],
		forward: [sy * cp, sp, cy * cp]
	};
}

/** The point of the picture under a point of the window. */
export function toSphere(look: Look, size: Size, at: { x: number; y: number }): { u: number; v: number } {
	const { right, up, forward } = axes(look, size);
	const [a, b] = [(2 * at.x) / size.width - 1, 1 - (2 * at.y) / size.height];
	const [x, y, z] = [0, 1, 2].map((i) => (forward[i] ?? 0) + a * (right[i] ?? 0) + b * (up[i] ?? 0)) as Vector;
	return { u: 0.5 + Math.atan2(x, z) / (2 * Math.PI), v: 0.5 - Math.asin(y / Math.hypot(x, y, z)) / Math.PI };
}

/** Where a point of the picture lies in the window; nothing when it is not in sight. */
export function fromSphere(look: Look, size: Size, u: number, v: number): { x: number; y: number } | null {
	const [yaw, pitch] = [(u - 0.5) * 2 * Math.PI, (0.5 - v) * Math.PI];
	const way: Vector = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
	const { right, up, forward } = axes(look, size);
	const depth = dot(way, forward);
	if (depth <= 0.01) return null;
	const a = dot(way, right) / dot(right, right) / depth;
	const b = dot(way, up) / dot(up, up) / depth;
	if (Math.abs(a) > 1 || Math.abs(b) > 1) return null;
	return { x: ((a + 1) / 2) * size.width, y: ((1 - b) / 2) * size.height };
}

/** The picture follows the hand: what was under it stays near it. */
export function dragged(look: Look, size: Size, dx: number, dy: number): Look {
	const per_px = look.fov / Math.max(1, size.height);
	return turned(look, -dx * per_px, dy * per_px);
}

export function turned(look: Look, right: number, up: number): Look {
	const yaw = look.yaw + right;
	return {
		...look,
		yaw: Math.atan2(Math.sin(yaw), Math.cos(yaw)),
		pitch: Math.min(PITCH_MAX, Math.max(-PITCH_MAX, look.pitch + up))
	};
}

export function closer(look: Look, factor: number): Look {
	return { ...look, fov: Math.min(FOV_MAX, Math.max(FOV_MIN, look.fov / factor)) };
}

function dot(a: Vector, b: Vector): number {
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

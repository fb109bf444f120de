// What a new camera of one's own begins as: the view one has before oneself, or else any angle that is known.

import { freshName, MOST_CAMERAS, poseOf, reachOf, startFrom } from '../scene/camera.ts';
import { BASE, isStandard, slotName, STANDARD_ANGLES, type Slot } from '../doc/names.ts';
import type { Environment } from '../doc/project.svelte.ts';
import type { Camera } from '../doc/records.ts';
import type { Places } from '../scene/places.ts';

/** Nothing while no angle has been rendered (nobody knows where the cameras stand), or when there are too many. */
export function newCamera(environment: Environment, slot: Slot, places: Places): Camera | undefined {
	const { cameras } = environment;
	if (cameras.size >= MOST_CAMERAS) return undefined;
	const name = freshName(cameras.values());
	const before = isStandard(slot.camera) ? undefined : cameras.get(slot.camera);
	if (before?.position_m && before.look_at_m) return { kind: 'custom', name, position_m: before.position_m, look_at_m: before.look_at_m, focal_mm: before.focal_mm ?? 35, sensor_mm: before.sensor_mm ?? [36, 24], ...(before.aspect && { aspect: before.aspect }) };
	const standard = STANDARD_ANGLES.flatMap((angle) => poseOf(environment.render(`${BASE}/${angle}`)) ?? []);
	const pose = (isStandard(slot.camera) ? poseOf(environment.render(slotName(slot))) : null) ?? standard[0];
	if (!pose) return undefined;
	const reach = reachOf(places.of(environment.parameter('archetype')));
	return { kind: 'custom', name, ...startFrom(pose, standard, reach) };
}

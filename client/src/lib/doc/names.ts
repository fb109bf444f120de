// Names of things as the document spells them: ids, slots, the six standard angles.

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** A fresh id: prefix and 80 random bits in base32, as `store/ids.py` makes them. */
export function newId(prefix: string): string {
	const bytes = crypto.getRandomValues(new Uint8Array(10));
	let bits = 0;
	let held = 0;
	let text = '';
	for (const byte of bytes) {
		held = (held << 8) | byte;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			text += BASE32[(held >> bits) & 31];
		}
		held &= (1 << bits) - 1;
	}
	return `${prefix}_${text}`;
}

export const BASE = 'base';

/** The 360° view stands where a camera would. */
export const PANO = 'pano';

export const STANDARD_ANGLES = [
	'wide_establishing',
	'medium_wide',
	'medium',
	'medium_close',
	'low_angle',
	'high_angle'
] as const;

export type StandardAngle = (typeof STANDARD_ANGLES)[number];

export function isStandard(camera: string): camera is StandardAngle {
	return (STANDARD_ANGLES as readonly string[]).includes(camera);
}

export const FIRST_SLOT = 'base/wide_establishing';

const ANGLE_TITLES: Record<string, string> = {
	wide_establishing: 'Wide establishing',
	medium_wide: 'Medium wide',
	medium: 'Medium',
	medium_close: 'Medium close',
	low_angle: 'Low angle',
	high_angle: 'High angle',
	pano: '360°',
	'*': 'Comparing the six angles'
};

/** What people call a camera; a custom camera's own name wins. */
export function angleTitle(camera: string, name?: string): string {
	return name || ANGLE_TITLES[camera] || camera;
}

export interface Slot {
	variation: string;
	camera: string;
}

/** Split `"<variation|base>/<camera|pano>"`; anything else falls back to the first slot. */
export function parseSlot(text: string | null | undefined): Slot {
	const [variation, camera, ...rest] = (text || FIRST_SLOT).split('/');
	if (!variation || !camera || rest.length > 0) return { variation: BASE, camera: 'wide_establishing' };
	return { variation, camera };
}

export function slotName(slot: Slot): string {
	return `${slot.variation}/${slot.camera}`;
}

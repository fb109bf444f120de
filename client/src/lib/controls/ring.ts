// Round controls: angles in degrees, clockwise from the top, and the keys that turn them.

export function angleAt(center: { x: number; y: number }, point: { x: number; y: number }): number {
	const degrees = (Math.atan2(point.x - center.x, center.y - point.y) * 180) / Math.PI;
	return (degrees + 360) % 360;
}

export function onRing(center: number, radius: number, degrees: number): { x: number; y: number } {
	const a = (degrees * Math.PI) / 180;
	return { x: center + radius * Math.sin(a), y: center - radius * Math.cos(a) };
}

/** SVG path of an arc from one angle clockwise to another. */
export function arc(center: number, radius: number, from_deg: number, to_deg: number): string {
	const sweep = (((to_deg - from_deg) % 360) + 360) % 360 || 360;
	const a = onRing(center, radius, from_deg);
	const b = onRing(center, radius, from_deg + Math.min(sweep, 359.99));
	const f = (n: number): string => n.toFixed(2);
	return `M${f(a.x)} ${f(a.y)}A${radius} ${radius} 0 ${sweep > 180 ? 1 : 0} 1 ${f(b.x)} ${f(b.y)}`;
}

export interface Steps {
	small: number;
	large: number;
	first: number;
	last: number;
}

/** The value a key turns to, or null when the key is not the control's. */
export function turned(key: string, shift: boolean, value: number, steps: Steps): number | null {
	const step = shift ? steps.large : steps.small;
	switch (key) {
		case 'ArrowRight':
		case 'ArrowUp':
			return value + step;
		case 'ArrowLeft':
		case 'ArrowDown':
			return value - step;
		case 'PageUp':
			return value + steps.large;
		case 'PageDown':
			return value - steps.large;
		case 'Home':
			return steps.first;
		case 'End':
			return steps.last;
		default:
			return null;
	}
}

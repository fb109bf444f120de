// How a person is drawn: initials, and ink that reads on their colour.

/** "Ana María Ruiz" → "AR" */
export function initials(name: string): string {
	const words = name.trim().split(/\s+/).filter(Boolean);
	const first = words[0] ? [...words[0]][0] : '?';
	const last = words.length > 1 ? [...(words.at(-1) as string)][0] : '';
	return `${first}${last}`.toUpperCase();
}

/** Black or white, whichever reads on a #rrggbb colour (WCAG relative luminance); black for anything else. */
export function readableOn(color: string): string {
	const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color);
	if (!hex) return '#101010';
	const [r, g, b] = [hex[1], hex[2], hex[3]].map((part) => {
		const c = parseInt(part as string, 16) / 255;
		return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	}) as [number, number, number];
	const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	return luminance > 0.179 ? '#101010' : '#ffffff';
}

/** One entry per person, however many pages they have open; awake if any page is. */
export function distinct<T extends { user: { id: string }; idle: boolean }>(people: readonly T[]): T[] {
	const found = new Map<string, T>();
	for (const person of people) {
		const before = found.get(person.user.id);
		if (!before || (before.idle && !person.idle)) found.set(person.user.id, person);
	}
	return [...found.values()];
}

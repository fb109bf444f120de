/** Times in the document are seconds since 1970; milliseconds and ISO text of other clients are read too. */
export function toSeconds(value: unknown): number {
	if (typeof value === 'number' && Number.isFinite(value)) return value > 1e11 ? value / 1000 : value;
	if (typeof value === 'string') {
		const ms = Date.parse(value);
		return Number.isNaN(ms) ? 0 : ms / 1000;
	}
	return 0;
}

/** "just now", "12 min ago", "3 h ago", or a date. */
export function ago(seconds: number, now_s: number = Date.now() / 1000): string {
	const passed = now_s - seconds;
	if (passed < 45) return 'just now';
	if (passed < 3600) return `${Math.max(1, Math.round(passed / 60))} min ago`;
	if (passed < 86_400) return `${Math.round(passed / 3600)} h ago`;
	return new Date(seconds * 1000).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}

// Hours as people read them: 6.2 h is 06:12; and when the sun is up in which season, for the dial's drawing.

const HOURS = 24;

/** Wrap into 0 ≤ h < 24. */
export function wrapHour(hour: number): number {
	return ((hour % HOURS) + HOURS) % HOURS;
}

/** "06:12" */
export function clock(hour: number): string {
	const minutes = Math.round(wrapHour(hour) * 60) % (HOURS * 60);
	const pad = (n: number): string => String(n).padStart(2, '0');
	return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** "6:12", "0612", "18.5" or "18" → hours; null when it is no hour. */
export function parseClock(text: string): number | null {
	const clean = text.trim().replace(/h$/i, '');
	const colon = /^(\d{1,2}):([0-5]?\d)$/.exec(clean) ?? /^(\d{2})([0-5]\d)$/.exec(clean);
	const hour = colon ? Number(colon[1]) + Number(colon[2]) / 60 : clean === '' ? Number.NaN : Number(clean.replace(',', '.'));
	return Number.isFinite(hour) && hour >= 0 && hour <= HOURS ? wrapHour(hour) : null;
}

export interface Daylight {
	rise: number;
	set: number;
}

/**
 * Sunrise and sunset in solar hours at about 47° north; season as in the scene schema (1.25 is midsummer).
 * A drawing aid: the renderer has its own sun.
 */
export function daylight(season: number): Daylight {
	const declination = 23.44 * Math.sin(((season - 0.25) / 4) * 2 * Math.PI) * (Math.PI / 180);
	const latitude = (47 * Math.PI) / 180;
	const cosine = -Math.tan(latitude) * Math.tan(declination);
	const half = (Math.acos(Math.min(1, Math.max(-1, cosine))) / Math.PI) * 12;
	return { rise: 12 - half, set: 12 + half };
}

/** The light of that hour, in a word. */
export function lightWord(hour: number, season: number): string {
	const { rise, set } = daylight(season);
	const h = wrapHour(hour);
	if (Math.abs(h - rise) < 0.4) return 'Sunrise';
	if (Math.abs(h - set) < 0.4) return 'Sunset';
	if (h < rise) return h > rise - 1.4 ? 'Dawn' : 'Night';
	if (h > set) return h < set + 1.4 ? 'Dusk' : 'Night';
	if (Math.abs(h - 12) < 0.75) return 'Noon';
	if (h < 12) return h < rise + 1.6 ? 'Golden hour' : 'Morning';
	return h > set - 1.6 ? 'Golden hour' : 'Afternoon';
}

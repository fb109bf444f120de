// The ring of seasons: 0 early spring, 1 early summer, 2 early autumn, 3 early winter, 4 spring again.

export const SEASONS = ['Spring', 'Summer', 'Autumn', 'Winter'] as const;

export function wrapSeason(season: number): number {
	return ((season % 4) + 4) % 4;
}

/** "Early summer", "Midsummer", "Late autumn"… */
export function seasonWord(season: number): string {
	const s = wrapSeason(season);
	const name = SEASONS[Math.floor(s) as 0 | 1 | 2 | 3];
	const within = s - Math.floor(s);
	if (within < 1 / 3) return `Early ${name.toLowerCase()}`;
	if (within < 2 / 3) return name === 'Summer' || name === 'Winter' ? `Mid${name.toLowerCase()}` : `Mid ${name.toLowerCase()}`;
	return `Late ${name.toLowerCase()}`;
}

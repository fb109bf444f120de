// A grid of equal cards of which only the visible rows exist: five hundred places scroll like five.

export interface Grid {
	columns: number;
	row_height: number;
	total_height: number;
	first: number;
	last: number;
	offset: number;
}

export interface GridMeasures {
	width: number;
	/** How far the grid's top lies above the viewport's top; negative while it is below. */
	scrolled: number;
	viewport: number;
	count: number;
	card_min: number;
	gap: number;
	/** Height of a card over its picture's height: the lines of text below it. */
	foot: number;
	aspect: number;
	overscan?: number;
}

/** Which cards to draw, and where the first of them starts. */
export function gridOf(m: GridMeasures): Grid {
	const columns = Math.max(1, Math.floor((m.width + m.gap) / (m.card_min + m.gap)));
	const card = (m.width - m.gap * (columns - 1)) / columns;
	const row_height = Math.round(card / m.aspect + m.foot + m.gap);
	const rows = Math.ceil(m.count / columns);
	const overscan = m.overscan ?? 2;
	const first_row = Math.min(Math.max(0, Math.floor(m.scrolled / row_height) - overscan), Math.max(0, rows - 1));
	const last_row = Math.min(rows, Math.ceil((m.scrolled + m.viewport) / row_height) + overscan);
	return {
		columns,
		row_height,
		total_height: Math.max(0, rows * row_height - m.gap),
		first: first_row * columns,
		last: Math.min(m.count, Math.max(last_row, first_row + 1) * columns),
		offset: first_row * row_height
	};
}

// A hand moves faster than a document should change: at most one write per interval, the last one always.

export class Pace<T> {
	#latest: { value: T } | null = null;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#wrote_at_ms = Number.NEGATIVE_INFINITY;

	constructor(
		readonly write: (value: T) => void,
		readonly interval_ms = 33
	) {}

	push(value: T): void {
		this.#latest = { value };
		if (this.#timer !== undefined) return;
		const wait = this.#wrote_at_ms + this.interval_ms - Date.now();
		if (wait <= 0) this.flush();
		else this.#timer = setTimeout(() => this.flush(), wait);
	}

	/** Write what waits now: the hand has left. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (!this.#latest) return;
		const { value } = this.#latest;
		this.#latest = null;
		this.#wrote_at_ms = Date.now();
		this.write(value);
	}
}

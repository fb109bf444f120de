// Own changes the server has not yet called durable: what "saved" and "n changes waiting" are counted from.

export interface Change {
	/** Yjs client id that wrote it: after a reload we are another client, but the change is still ours. */
	client: number;
	/** The client's clock after the change: durable once the server's state vector reaches it. */
	clock: number;
	what: string;
	at_ms: number;
}

/** Updates of one gesture (a drag, a word being typed) count as one change. */
export const GESTURE_MS = 1000;

const KEPT_AT_MOST = 2000;

export class Waiting {
	#changes: Change[];
	/** Clients whose changes this page answers for: its own, and those it found when it opened. */
	readonly #clients: Set<number>;

	constructor(changes: readonly Change[] = []) {
		this.#changes = [...changes];
		this.#clients = new Set(changes.map((c) => c.client));
	}

	get count(): number {
		return this.#changes.length;
	}

	/** Note a local update that brought the client's clock to `clock`. */
	note(client: number, clock: number, what: string, at_ms: number): void {
		this.#clients.add(client);
		const last = this.#changes.at(-1);
		if (last && last.client === client && last.what === what && at_ms - last.at_ms < GESTURE_MS) {
			last.clock = clock;
			last.at_ms = at_ms;
			return;
		}
		this.#changes.push({ client, clock, what, at_ms });
		if (this.#changes.length > KEPT_AT_MOST) this.#changes.shift();
	}

	/** The server holds everything up to this state vector for good. */
	confirm(durable: ReadonlyMap<number, number>): void {
		this.#changes = this.#changes.filter((c) => (durable.get(c.client) ?? 0) < c.clock);
	}

	/** Forget changes that this device's own copy does not hold (its storage was cleared): nothing can confirm them. */
	keepOnly(held: ReadonlyMap<number, number>): void {
		this.#changes = this.#changes.filter((c) => (held.get(c.client) ?? 0) >= c.clock);
	}

	/** What to write down: beside these, what other tabs of this browser have written of theirs. */
	beside(others: Waiting): Change[] {
		return [...others.#changes.filter((c) => !this.#clients.has(c.client)), ...this.#changes];
	}

	toJSON(): Change[] {
		return this.#changes;
	}
}

/** Read back what an earlier page of this browser left; anything odd counts as nothing. */
export function parseWaiting(text: string | null): Waiting {
	if (!text) return new Waiting();
	try {
		const value: unknown = JSON.parse(text);
		if (!Array.isArray(value)) return new Waiting();
		return new Waiting(
			value.filter(
				(c): c is Change =>
					typeof c === 'object' && c !== null && Number.isFinite(c.client) && Number.isFinite(c.clock)
			)
		);
	} catch {
		return new Waiting();
	}
}

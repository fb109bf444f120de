// Own changes the server has not yet called durable: what "saved" and "n changes waiting" are counted from.

export interface Change {
	/** Yjs client id that wrote it: after a reload we are another client, but the change is still ours. */
	client: number;
	/** The client's clock after the change: durable once the server's state vector reaches it. */
	clock: number;
	what: string;
	at_ms: number;
	/** It (also) deletes, and deletions move no clock: only a message that answers it confirms it. */
	deletes?: boolean;
}

/** Updates of one gesture (a drag, a word being typed) count as one change. */
export const GESTURE_MS = 1000;

const KEPT_AT_MOST = 2000;

export class Waiting {
	#changes: Change[];

	constructor(changes: readonly Change[] = []) {
		this.#changes = [...changes];
	}

	get count(): number {
		return this.#changes.length;
	}

	/** Note a local update; `deletes` when it left the clock where it was. */
	note(client: number, clock: number, what: string, at_ms: number, deletes = false): void {
		const last = this.#changes.at(-1);
		if (last && last.client === client && last.what === what && at_ms - last.at_ms < GESTURE_MS) {
			last.clock = clock;
			last.at_ms = at_ms;
			if (deletes) last.deletes = true;
			return;
		}
		this.#changes.push({ client, clock, what, at_ms, ...(deletes ? { deletes } : {}) });
		if (this.#changes.length > KEPT_AT_MOST) this.#changes.shift();
	}

	/**
	 * The server holds everything up to this state vector for good.
	 *
	 * `deletions_too` is false for the first word of a connection, which was said before our deletions got there.
	 */
	confirm(durable: ReadonlyMap<number, number>, deletions_too = true): void {
		this.#changes = this.#changes.filter(
			(c) => (durable.get(c.client) ?? 0) < c.clock || (c.deletes === true && !deletions_too)
		);
	}

	/** Forget changes that this device's own copy does not hold (its storage was cleared): nothing can confirm them. */
	keepOnly(held: ReadonlyMap<number, number>): void {
		this.#changes = this.#changes.filter((c) => (held.get(c.client) ?? 0) >= c.clock);
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

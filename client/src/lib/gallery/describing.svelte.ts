// Words to worlds while somebody types: what the server suggests, what they left out of it, what they changed.

import { api, type Description, type Suggestion } from '../api/client.ts';
import type { Value } from '../doc/records.ts';

const PAUSE_MS = 300;
const PATIENCE_MS = 1500;

export class Describing {
	/** The latest answer; nothing while there is no text, or the server cannot be reached. */
	found = $state.raw<Description | null>(null);
	/** Whether an answer to the newest text is on its way. */
	asking = $state(false);
	/** Somebody chose the kind of place themselves: words do not overrule that. */
	chosen = $state<string | null>(null);
	#left_out = $state<Record<string, true>>({});
	#changed = $state<Record<string, Value>>({});
	#text = '';
	#timer: ReturnType<typeof setTimeout> | undefined;
	#turn = 0;
	#answered: Promise<void> = Promise.resolve();

	/** What is suggested and not left out; the kind of place and the seed have controls of their own. */
	readonly suggestions = $derived(
		(this.found?.suggestions ?? []).filter((s) => s.parameter !== 'archetype' && s.parameter !== 'seed' && !this.#left_out[keyOf(s)])
	);
	readonly left_out = $derived((this.found?.suggestions ?? []).filter((s) => this.#left_out[keyOf(s)]).length);
	/** The kind of place that is meant: chosen by hand, or by the words. */
	readonly archetype = $derived(this.chosen ?? (this.found?.places.length ? this.found.archetype : null));
	/** Other kinds that the words may mean. */
	readonly others = $derived(this.chosen ? [] : (this.found?.places ?? []).slice(1, 3).filter((p) => p.confidence >= 0.1));

	/** The text as it stands now; asked about after a pause in typing. */
	read(text: string): void {
		const plain = text.trim();
		if (plain === this.#text) return;
		this.#text = plain;
		clearTimeout(this.#timer);
		this.#turn++;
		this.asking = plain !== '';
		if (plain === '') this.found = null;
		else this.#timer = setTimeout(() => (this.#answered = this.#ask()), PAUSE_MS);
	}

	choose(archetype: string): void {
		this.chosen = archetype;
		if (this.#text) this.#answered = this.#ask();
	}
	leaveOut(suggestion: Suggestion): void {
		this.#left_out[keyOf(suggestion)] = true;
	}
	bringBack(): void {
		this.#left_out = {};
	}
	change(suggestion: Suggestion, value: Value): void {
		this.#changed[keyOf(suggestion)] = value;
	}
	valueOf(suggestion: Suggestion): Value {
		return this.#changed[keyOf(suggestion)] ?? suggestion.value;
	}
	isChanged(suggestion: Suggestion): boolean {
		return keyOf(suggestion) in this.#changed;
	}

	/** The parameters as they stand; waits a moment for an answer that is on its way. */
	async parameters(): Promise<Record<string, Value>> {
		if (this.asking) {
			clearTimeout(this.#timer);
			if (this.#turn !== this.#asked) this.#answered = this.#ask();
			await Promise.race([this.#answered, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
		}
		const values: Record<string, Value> = {};
		const seed = this.found?.suggestions.find((s) => s.parameter === 'seed');
		if (seed) values.seed = seed.value;
		for (const suggestion of this.suggestions) values[suggestion.parameter] = this.valueOf(suggestion);
		return values;
	}

	forget(): void {
		clearTimeout(this.#timer);
		this.#turn++;
		this.#text = '';
		Object.assign(this, { found: null, asking: false, chosen: null });
		this.#left_out = {};
		this.#changed = {};
	}

	#asked = -1;

	async #ask(): Promise<void> {
		const turn = ++this.#turn;
		this.#asked = turn;
		this.asking = true;
		try {
			const found = await api.describe(this.#text.slice(0, 20_000), this.chosen ?? undefined);
			if (turn === this.#turn) this.found = found;
		} catch {
			// Without the server one chooses by hand; nothing is lost, so nothing is said.
			if (turn === this.#turn) this.found = null;
		}
		if (turn === this.#turn) this.asking = false;
	}
}

/** A suggestion is the same one as long as it asks the same of the same parameter. */
function keyOf(suggestion: Suggestion): string {
	return `${suggestion.parameter}=${suggestion.value}`;
}

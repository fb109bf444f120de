// One thing that can change in a Yjs document, as Svelte sees it: readers track it, an observer rings it.

import { createSubscriber } from 'svelte/reactivity';

export class Signal {
	#update: (() => void) | undefined;
	readonly track: () => void;

	constructor() {
		this.track = createSubscriber((update) => {
			this.#update = update;
			return () => (this.#update = undefined);
		});
	}

	ring(): void {
		this.#update?.();
	}
}

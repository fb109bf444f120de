// Trying again by oneself after the server said "too fast": visibly, and later each time.

import { pause_s } from './refusal.ts';

/** A line that held this long was not too fast: the next pause is a short one again. */
const HELD_MS = 60_000;

export class Countdown {
	/** Seconds until it tries again; null while nothing is being waited for. */
	left_s = $state<number | null>(null);
	#nth = 0;
	#ticking: ReturnType<typeof setInterval> | undefined;

	/** Wait, then run; `held_ms` is how long the line stood before it was closed. */
	begin(held_ms: number, run: () => void): void {
		this.stop();
		if (held_ms > HELD_MS) this.#nth = 0;
		const at_ms = Date.now() + 1000 * pause_s(this.#nth++);
		const look = (): void => {
			this.left_s = Math.max(0, Math.ceil((at_ms - Date.now()) / 1000));
			if (this.left_s > 0) return;
			this.stop();
			run();
		};
		this.#ticking = setInterval(look, 1000);
		look();
	}

	stop(): void {
		clearInterval(this.#ticking);
		this.left_s = null;
	}
}

// Short notices at the foot of the page, and the quiet line that screen readers hear.

import { createContext } from 'svelte';

export interface Notice {
	id: number;
	text: string;
	tone: 'plain' | 'bad';
	action?: { label: string; run: () => void };
}

const STAYS_MS = 6000;
const WITH_ACTION_MS = 10_000;
const SAID_TOGETHER_MS = 800;

export class Notices {
	list = $state<Notice[]>([]);
	/** Text of the polite live region; events that come together are said together. */
	said = $state('');
	#next = 1;
	#waiting: string[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	show(text: string, more: Partial<Pick<Notice, 'tone' | 'action'>> = {}): void {
		const notice: Notice = { id: this.#next++, text, tone: 'plain', ...more };
		this.list = [...this.list.filter((n) => n.text !== text).slice(-3), notice];
		setTimeout(() => this.dismiss(notice.id), notice.action ? WITH_ACTION_MS : STAYS_MS);
		this.say(text);
	}

	dismiss(id: number): void {
		this.list = this.list.filter((n) => n.id !== id);
	}

	/** Tell screen readers only. */
	say(text: string): void {
		this.#waiting.push(text);
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.said = this.#waiting.length > 3 ? `${this.#waiting.length} events; last: ${this.#waiting.at(-1)}` : this.#waiting.join('. ');
			this.#waiting = [];
		}, SAID_TOGETHER_MS);
	}
}

export const [getNotices, setNotices] = createContext<Notices>();

// Who is using this browser. Offline, the last person who was signed in here goes on working.

import { createContext } from 'svelte';
import { api, type Me } from './api/client.ts';
import { ApiError, sentence } from './api/problem.ts';
import { forgetCopiesOf } from './doc/local-copy.ts';

const KEPT_AS = 'cyclorama/me';

export type AccountState = 'asking' | 'signed-in' | 'signed-out' | 'unreachable';

export class Account {
	state = $state<AccountState>('asking');
	me = $state<Me | null>(null);
	problem = $state('');
	/** Why the door is shut to somebody who was inside. */
	why = $state('');
	#settle: (id: string | null) => void = () => {};
	/** Who the server says one is; null when it could not be asked. Sockets wait for it. */
	confirmed: Promise<string | null> = new Promise((resolve) => (this.#settle = resolve));

	/** Whoever was here last is let in at once; the server's answer follows and may show them the door. */
	async ask(): Promise<void> {
		this.problem = '';
		const kept = readKept();
		if (kept) {
			this.me = kept;
			this.state = 'signed-in';
		}
		try {
			const me = await api.me();
			this.#is(me);
			this.#settle(me.id);
		} catch (error) {
			if (error instanceof ApiError && error.status === 401) {
				this.state = 'signed-out';
				return;
			}
			this.#settle(null);
			if (kept) return;
			this.state = 'unreachable';
			this.problem = sentence(error);
		}
	}

	async signIn(email: string, password: string): Promise<void> {
		const me = await api.signIn(email, password);
		this.confirmed = Promise.resolve(me.id);
		this.#is(me);
	}

	/** Leave, and leave nothing behind on this device. */
	async signOut(): Promise<void> {
		await api.signOut();
		const id = this.me?.id;
		localStorage.removeItem(KEPT_AS);
		if (id) await forgetCopiesOf(id);
		navigator.serviceWorker?.controller?.postMessage({ type: 'forget' });
		this.me = null;
		this.state = 'signed-out';
	}

	/** The session has ended under us: the page stays, the sign-in form stands over it. */
	ended(): void {
		this.why = 'Your visit has ended. Sign in again: what you changed waits on this device.';
		this.state = 'signed-out';
	}

	#is(me: Me): void {
		// The same person keeps the same record: a page that is open already need not open its documents again.
		if (JSON.stringify(me) !== JSON.stringify(this.me)) this.me = me;
		this.state = 'signed-in';
		this.why = '';
		try {
			localStorage.setItem(KEPT_AS, JSON.stringify(me));
		} catch {
			// storage switched off: only a reload without network will miss it
		}
	}
}

function readKept(): Me | null {
	try {
		const me = JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null') as Me | null;
		return me && typeof me.id === 'string' && typeof me.name === 'string' ? me : null;
	} catch {
		return null;
	}
}

export const [getAccount, setAccount] = createContext<Account>();

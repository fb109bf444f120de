// One Yjs document with its socket, its copy on this device, and the truth about both.
//
// Order at start: the device's copy first, then the socket, so that the server is asked only for what is missing.

import * as decoding from 'lib0/decoding';
import { IndexeddbPersistence } from 'y-indexeddb';
import * as awarenessProtocol from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { lineOf, PATIENCE_MS, savedOf, type Line, type Refusal, type Saved } from './line.ts';
import { parseWaiting, Waiting } from './waiting.ts';

/** Beside y-protocols' messages: "tell me what is durable", and the answer `120 varBytes(state vector)`. */
export const MESSAGE_SAVED = 120;
/** `121 varString(JSON {"saving": "failing" | "ok"})`: whether the server's store takes what we send. */
export const MESSAGE_SAVING = 121;

/** The origin of every edit made by this person here: undo tracks the class, the label counts gestures. */
export class MyEdit {
	constructor(readonly what: string) {}
}

export type DocumentKind = 'environments' | 'annotations' | 'votes';

export interface LiveDocumentOptions {
	/** `ws(s)://host`, without a path. */
	server: string;
	project: string;
	kind: DocumentKind;
	user: string;
	/** Tests pass a socket of their own, or none to stay on this device. */
	WebSocket?: typeof WebSocket;
	connect?: boolean;
	/**
	 * Who the server says is signed in; the socket waits for it. Another person's cookie must not carry this person's
	 * waiting edits; null means that nobody could be asked, and then the socket cannot get through either.
	 */
	confirmed?: Promise<string | null>;
}

/** Where this person's copy of a document lies on the device. */
export function copyName(user: string, project: string, kind: DocumentKind): string {
	return `cyclorama/${user}/${project}/${kind}`;
}

const KEPT_WITHIN_MS = 400;
const COPY_PATIENCE_MS = 3000;
const ASK_AGAIN_MS = 3000;

export class LiveDocument {
	readonly doc = new Y.Doc();
	readonly awareness = new awarenessProtocol.Awareness(this.doc);
	readonly provider: WebsocketProvider;
	readonly name: string;

	/** The device's copy has been read (or cannot be). */
	opened = $state(false);
	/** The server's state has arrived at least once in this page. */
	ever_live = $state(false);
	waiting = $state(0);
	saving_fails = $state(false);
	refusal = $state<Refusal | null>(null);
	/** When the server last confirmed that all is saved, or spoke at all. */
	last_synced_ms = $state<number | null>(null);

	#network = $state(typeof navigator === 'undefined' || navigator.onLine !== false);
	#synced = $state(false);
	#lost_at_ms = $state<number | null>(Date.now());
	#now_ms = $state(Date.now());
	#waiting: Waiting;
	#copy: IndexeddbPersistence | null = null;
	#keeping: ReturnType<typeof setTimeout> | undefined;
	#patience: ReturnType<typeof setTimeout> | undefined;
	#ended = false;
	#may_connect = false;
	/** How often the server has said on this connection what is saved. */
	#words = 0;
	#asking: ReturnType<typeof setTimeout> | undefined;
	#undo_listeners: (() => void)[] = [];

	readonly line: Line = $derived(
		lineOf(
			{ network: this.#network, synced: this.#synced, lost_at_ms: this.#lost_at_ms, refusal: this.refusal },
			this.#now_ms
		)
	);
	readonly saved: Saved = $derived(savedOf(this.line, this.waiting, this.saving_fails));

	constructor(options: LiveDocumentOptions) {
		this.name = copyName(options.user, options.project, options.kind);
		this.#waiting = parseWaiting(this.#read('waiting'));
		this.waiting = this.#waiting.count;
		this.provider = new WebsocketProvider(
			`${options.server}/ws/project/${options.project}`,
			options.kind,
			this.doc,
			{
				connect: false,
				awareness: this.awareness,
				// Tabs meet at the server, which binds each presence to its socket; on the device they share the copy.
				disableBc: true,
				...(options.WebSocket ? { WebSocketPolyfill: options.WebSocket } : {})
			}
		);
		this.#sendOwnPresenceOnly();
		this.#listen();
		void this.#open(options);
	}

	/** Make one edit: a single transaction that undo, the waiting count and the server see as this person's. */
	edit<T>(what: string, change: () => T): T {
		return this.doc.transact(change, new MyEdit(what)) as T;
	}

	/** Try again now, for instance after signing in anew. */
	reconnect(): void {
		this.refusal = null;
		this.#lost_at_ms = Date.now();
		this.#tick();
		this.provider.disconnect();
		if (this.#network) this.provider.connect();
	}

	/** Give up this device's copy, with whatever waits in it; the caller reloads the page afterwards. */
	async discardCopy(): Promise<void> {
		this.#write('waiting', null);
		this.#write('epoch', null);
		this.#waiting = new Waiting();
		this.end();
		await forgetCopy(this.name);
	}

	end(): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#keepWaiting();
		clearTimeout(this.#patience);
		clearTimeout(this.#asking);
		for (const stop of this.#undo_listeners) stop();
		this.provider.destroy();
		this.awareness.destroy();
		void this.#copy?.destroy().catch(() => undefined);
		this.doc.destroy();
	}

	async #open(options: LiveDocumentOptions): Promise<void> {
		const copy = openCopy(this.name, this.doc);
		this.#copy = copy;
		if (copy) await Promise.race([copy.whenSynced, after(COPY_PATIENCE_MS)]);
		if (this.#ended) return;
		this.#waiting.keepOnly(Y.decodeStateVector(Y.encodeStateVector(this.doc)));
		this.#count();
		this.opened = true;
		const epoch = this.#epoch();
		if (epoch) this.provider.params = { epoch };
		const signed_in = await options.confirmed;
		if (this.#ended || options.connect === false || (signed_in && signed_in !== options.user)) return;
		this.#may_connect = true;
		if (this.#network) this.provider.connect();
	}

	#listen(): void {
		const { provider, doc } = this;
		provider.messageHandlers[MESSAGE_SAVED] = (_encoder, decoder) => {
			this.#words += 1;
			this.#waiting.confirm(Y.decodeStateVector(decoding.readVarUint8Array(decoder)), this.#words > 1);
			this.saving_fails = false;
			this.last_synced_ms = Date.now();
			this.#count();
		};
		provider.messageHandlers[MESSAGE_SAVING] = (_encoder, decoder) => {
			const said: unknown = JSON.parse(decoding.readVarString(decoder));
			this.saving_fails = (said as { saving?: string }).saving === 'failing';
		};
		provider.on('status', ({ status }) => {
			if (status === 'connected') {
				this.#words = 0;
				this.#askWhatIsSaved();
			}
			if (status === 'disconnected') this.#lost();
		});
		provider.on('sync', (synced: boolean) => {
			this.#synced = synced;
			if (!synced) return;
			this.#lost_at_ms = null;
			this.ever_live = true;
			this.last_synced_ms = Date.now();
			this.#rememberEpoch();
			// What we brought along may all have been there before: then nothing new is saved, and nobody would say so.
			clearTimeout(this.#asking);
			this.#asking = setTimeout(() => this.waiting > 0 && this.#askWhatIsSaved(), ASK_AGAIN_MS);
		});
		provider.on('closed', ({ code, reason }) => {
			this.refusal = { code, reason };
			this.#lost();
		});
		doc.on('update', (_update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
			if (!transaction.local) return;
			const what = origin instanceof MyEdit ? origin.what : 'undo';
			const clock = Y.getState(doc.store, doc.clientID);
			const deletes = clock === (transaction.beforeState.get(doc.clientID) ?? 0);
			this.#waiting.note(doc.clientID, clock, what, Date.now(), deletes);
			this.#count();
		});
		if (typeof window === 'undefined') return;
		const on = (name: string, heard: () => void): void => {
			window.addEventListener(name, heard);
			this.#undo_listeners.push(() => window.removeEventListener(name, heard));
		};
		on('offline', () => {
			this.#network = false;
			provider.disconnect();
			this.#lost();
		});
		on('online', () => {
			this.#network = true;
			this.#lost_at_ms = Date.now();
			this.#tick();
			if (this.#may_connect && !this.refusal) provider.connect();
		});
		on('pagehide', () => this.#keepWaiting());
	}

	#askWhatIsSaved(): void {
		if (this.provider.wsconnected) this.provider.ws?.send(new Uint8Array([MESSAGE_SAVED]));
	}

	/** Stock y-websocket sends every presence it hears back to the server; ours sends only its own. */
	#sendOwnPresenceOnly(): void {
		const { provider, awareness, doc } = this;
		const stock = provider._awarenessUpdateHandler;
		awareness.off('update', stock);
		const own = (
			change: { added: number[]; updated: number[]; removed: number[] },
			origin: unknown
		): void => {
			const mine = (ids: number[]): number[] => ids.filter((id) => id === doc.clientID);
			const kept = { added: mine(change.added), updated: mine(change.updated), removed: mine(change.removed) };
			if (kept.added.length + kept.updated.length + kept.removed.length > 0) stock(kept, origin);
		};
		awareness.on('update', own);
		this.#undo_listeners.push(() => awareness.off('update', own));
	}

	#lost(): void {
		this.#synced = false;
		if (this.#lost_at_ms === null) this.#lost_at_ms = Date.now();
		this.#tick();
	}

	/** Look at the clock now, and once more when patience ends. */
	#tick(): void {
		this.#now_ms = Date.now();
		clearTimeout(this.#patience);
		this.#patience = setTimeout(() => (this.#now_ms = Date.now()), PATIENCE_MS + 50);
	}

	#count(): void {
		this.waiting = this.#waiting.count;
		this.#keeping ??= setTimeout(() => this.#keepWaiting(), KEPT_WITHIN_MS);
	}

	#keepWaiting(): void {
		clearTimeout(this.#keeping);
		this.#keeping = undefined;
		this.#write('waiting', this.#waiting.count ? JSON.stringify(this.#waiting) : null);
	}

	#epoch(): string | null {
		const epoch: unknown = this.doc.getMap('meta').get('epoch');
		return epoch === undefined || epoch === null ? this.#read('epoch') : String(epoch);
	}

	#rememberEpoch(): void {
		const epoch: unknown = this.doc.getMap('meta').get('epoch');
		if (epoch !== undefined && epoch !== null) {
			this.#write('epoch', String(epoch));
			this.provider.params = { epoch: String(epoch) };
		}
	}

	#read(what: string): string | null {
		try {
			return localStorage.getItem(`${this.name}/${what}`);
		} catch {
			return null; // storage switched off: the page works, only a reload forgets
		}
	}

	#write(what: string, value: string | null): void {
		try {
			if (value === null) localStorage.removeItem(`${this.name}/${what}`);
			else localStorage.setItem(`${this.name}/${what}`, value);
		} catch {
			// full or switched off: as above
		}
	}
}

function openCopy(name: string, doc: Y.Doc): IndexeddbPersistence | null {
	if (typeof indexedDB === 'undefined') return null;
	const copy = new IndexeddbPersistence(name, doc);
	copy._db.catch((error: unknown) => console.warn('cyclorama: no copy on this device', name, error));
	return copy;
}

/** Delete one copy from this device. */
export async function forgetCopy(name: string): Promise<void> {
	if (typeof indexedDB === 'undefined') return;
	await new Promise<void>((resolve) => {
		const request = indexedDB.deleteDatabase(name);
		request.onsuccess = request.onerror = request.onblocked = () => resolve();
	});
}

/** Delete every copy this person has on the device: signing out leaves nothing behind. */
export async function forgetCopiesOf(user: string): Promise<void> {
	const prefix = `cyclorama/${user}/`;
	for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
	const databases = (await indexedDB.databases?.()) ?? [];
	await Promise.all(databases.filter((d) => d.name?.startsWith(prefix)).map((d) => forgetCopy(d.name as string)));
}

function after(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

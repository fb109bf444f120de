// One Yjs document with its socket, its copy on this device, and the truth about both.
//
// Order at start: the device's copy first, then the socket, so that the server is asked only for what is missing. The
// socket always names the history its copy belongs to: a server with another one refuses instead of merging them.

import * as decoding from 'lib0/decoding';
import type { IndexeddbPersistence } from 'y-indexeddb';
import * as awarenessProtocol from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { Countdown } from './countdown.svelte.ts';
import { lineOf, PATIENCE_MS, savedOf, type Line, type Saved, type Standing } from './line.ts';
import { copyName, forgetCopy, openCopy, read, setAside, useCopy, usedCopy, write, type Used } from './local-copy.ts';
import { hearOwnEdits, MyEdit } from './own-edits.ts';
import { sendOwnPresenceOnly } from './own-presence.ts';
import { ANOTHER_HISTORY, passes, type Refusal } from './refusal.ts';
import { ALL_WELL, hearStanding, type ServerStanding } from './server-standing.ts';
import { parseWaiting, Waiting } from './waiting.ts';

/** Beside y-protocols' messages: "tell me what is durable", and the answer `120 varBytes(state vector)`. */
export const MESSAGE_SAVED = 120;
/** How the server stands; see `server-standing.ts`. */
export const MESSAGE_STANDING = 121;
/** The server asks to come back later: overloaded, or its store is away. */
const TRY_LATER = 1013;

export { MyEdit };
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
	/** Ask the server which history (epoch) the document is in now; throws when it cannot be asked. */
	epoch?: () => Promise<number>;
}

const KEPT_WITHIN_MS = 400;
const COPY_PATIENCE_MS = 3000;
const ASK_AGAIN_MS = 3000;
const BACKOFF_MS = 2500;
const BACKOFF_BUSY_MS = 15_000;
const EPOCH_AGAIN_MS = 2000;

export class LiveDocument {
	readonly doc = new Y.Doc();
	readonly awareness = new awarenessProtocol.Awareness(this.doc);
	readonly provider: WebsocketProvider;
	readonly kind: DocumentKind;
	/** What every key and database of this document on this device begins with. */
	readonly base: string;

	/** The device's copy has been read (or cannot be). */
	opened = $state(false);
	/** The server's state has arrived at least once in this page. */
	ever_live = $state(false);
	waiting = $state(0);
	/** This device keeps what is done here, also when the tab is closed. */
	kept = $state(false);
	server = $state<ServerStanding>(ALL_WELL);
	busy = $state(false);
	refusal = $state<Refusal | null>(null);
	/** Runs after a refusal that passes. */
	readonly countdown = new Countdown();
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
	#asking: ReturnType<typeof setTimeout> | undefined;
	/** How much the server last called durable on this connection: the sum of its clocks. */
	#durable: number | null = null;
	#live_since_ms = Number.POSITIVE_INFINITY;
	#used: Used;
	#ask_epoch: LiveDocumentOptions['epoch'];
	#undo_listeners: (() => void)[] = [];

	readonly line: Line = $derived(
		lineOf(
			{ network: this.#network, synced: this.#synced, lost_at_ms: this.#lost_at_ms, refused: this.refusal !== null },
			this.#now_ms
		)
	);
	/** The server has closed the line, and waiting does not mend it. */
	readonly turned_away: boolean = $derived(this.refusal !== null && !passes(this.refusal));
	readonly saved: Saved = $derived(savedOf(this.line, this.waiting, this.server.failing_since_s !== null));
	readonly standing: Standing = $derived({
		line: this.line,
		saved: this.saved,
		waiting: this.waiting,
		ever_live: this.ever_live,
		...this.server,
		busy: this.busy,
		kept: this.kept || !this.opened
	});

	constructor(options: LiveDocumentOptions) {
		this.kind = options.kind;
		this.base = copyName(options.user, options.project, options.kind);
		this.#used = usedCopy(this.base);
		this.#ask_epoch = options.epoch;
		this.#waiting = parseWaiting(read(`${this.name}/waiting`));
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
		this.#undo_listeners.push(sendOwnPresenceOnly(this.provider, this.awareness));
		this.#listen();
		void this.#open(options);
	}

	/** Make one edit: a single transaction that undo, the waiting count and the server see as this person's. */
	edit<T>(what: string, change: () => T): T {
		return this.doc.transact(change, new MyEdit(what)) as T;
	}

	/** The database of this device's copy. */
	get name(): string {
		return this.#used.name;
	}

	/** The history the copy belongs to. */
	get epoch(): number | null {
		return this.#used.epoch;
	}

	/** Try again now, for instance after signing in anew. */
	reconnect(): void {
		this.refusal = null;
		this.countdown.stop();
		this.#lost_at_ms = Date.now();
		this.#tick();
		this.provider.disconnect();
		if (this.#network) this.provider.connect();
	}

	/**
	 * Leave this device's copy where it is and begin a fresh one of the history the server has now; the caller loads the
	 * page anew afterwards.
	 *
	 * Throws when the server cannot be asked; then nothing has changed.
	 */
	async goOn(): Promise<void> {
		const refused = this.refusal?.code ?? 0;
		const epoch = (await this.#ask_epoch?.()) ?? this.epoch ?? 1;
		if (refused === ANOTHER_HISTORY && epoch === this.epoch) throw new Error('The server cannot be asked for the restored version just now. Try again in a moment.');
		this.#keepWaiting();
		setAside(this.base, epoch, this.waiting, refused, Date.now());
		this.end();
	}

	/** Give up this device's copy, with whatever waits in it; the caller leaves the page afterwards. */
	async discardCopy(): Promise<void> {
		this.#waiting = new Waiting();
		this.end();
		write(`${this.name}/waiting`, null);
		write(`${this.base}/copy`, null);
		await forgetCopy(this.name);
	}

	end(): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#keepWaiting();
		clearTimeout(this.#patience);
		clearTimeout(this.#asking);
		this.countdown.stop();
		for (const stop of this.#undo_listeners) stop();
		this.provider.destroy();
		this.awareness.destroy();
		void this.#copy?.destroy().catch(() => undefined);
		this.doc.destroy();
	}

	async #open(options: LiveDocumentOptions): Promise<void> {
		await this.#openCopy();
		if (this.#ended) return;
		this.#waiting.keepOnly(Y.decodeStateVector(Y.encodeStateVector(this.doc)));
		this.#count();
		this.opened = true;
		const signed_in = await options.confirmed;
		if (this.#ended || options.connect === false || (signed_in && signed_in !== options.user)) return;
		await this.#agreeOnHistory();
		if (this.#ended) return;
		this.#may_connect = true;
		if (this.#network) this.provider.connect();
	}

	async #openCopy(): Promise<void> {
		const copy = openCopy(this.name, this.doc, () => (this.kept = false));
		this.#copy = copy;
		if (!copy) return;
		const read_whole = copy.whenSynced.then(() => {
			if (this.#copy === copy) this.kept = true;
		});
		await Promise.race([read_whole, after(COPY_PATIENCE_MS)]);
	}

	/** Know which history the copy belongs to, and name it on every connection from now on. */
	async #agreeOnHistory(): Promise<void> {
		// Copies that do not say so were made before any document had a second history.
		if (this.epoch === null && !this.#isEmpty()) this.#belongTo(1);
		for (let pause_ms = EPOCH_AGAIN_MS; this.epoch === null && this.#ask_epoch; pause_ms = Math.min(2 * pause_ms, BACKOFF_BUSY_MS)) {
			try {
				this.#belongTo(await this.#ask_epoch());
			} catch {
				// Not reached, or not let in: the page shows which; neither lets a socket through.
				await after(pause_ms);
			}
			if (this.#ended) return;
		}
		if (this.epoch !== null) this.provider.params = { epoch: String(this.epoch) };
	}

	#belongTo(epoch: number): void {
		this.#used = { name: this.name, epoch };
		useCopy(this.base, this.#used);
	}

	#isEmpty(): boolean {
		return this.doc.store.clients.size === 0;
	}

	#listen(): void {
		const { provider, doc } = this;
		provider.messageHandlers[MESSAGE_SAVED] = (_encoder, decoder) => {
			const durable = Y.decodeStateVector(decoding.readVarUint8Array(decoder));
			this.#waiting.confirm(durable);
			const total = [...durable.values()].reduce((sum, clock) => sum + clock, 0);
			// More than the last time: the store works. The same may be an answer to our question while it fails.
			if (this.#durable !== null && total > this.#durable) this.server = { ...this.server, failing_since_s: null };
			this.#durable = total;
			this.last_synced_ms = Date.now();
			this.#count();
		};
		provider.messageHandlers[MESSAGE_STANDING] = (_encoder, decoder) => {
			this.server = hearStanding(this.server, decoding.readVarString(decoder), Date.now() / 1000);
		};
		provider.on('status', ({ status }) => {
			if (status === 'connected') {
				this.server = ALL_WELL;
				this.#durable = null;
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
			this.busy = false;
			this.#live_since_ms = Date.now();
			provider.maxBackoffTime = BACKOFF_MS;
			// What we brought along may all have been there before: then nothing new is saved, and nobody would say so.
			clearTimeout(this.#asking);
			this.#asking = setTimeout(() => this.waiting > 0 && this.#askWhatIsSaved(), ASK_AGAIN_MS);
		});
		provider.on('connection-close', (event: CloseEvent | null) => {
			this.busy = event?.code === TRY_LATER;
			provider.maxBackoffTime = this.busy ? BACKOFF_BUSY_MS : BACKOFF_MS;
		});
		provider.on('closed', ({ code, reason }) => this.#refused({ code, reason }));
		hearOwnEdits(doc, (client, clock, what) => {
			this.#waiting.note(client, clock, what, Date.now());
			this.#count();
		});
		if (typeof window === 'undefined') return;
		const on = (name: string, heard: (event: Event) => void): void => {
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
		on('beforeunload', (event) => {
			// Only what would be lost is worth a question: a kept copy goes on by itself at the next visit.
			if (this.waiting > 0 && this.opened && !this.kept) event.preventDefault();
		});
	}

	#refused(refusal: Refusal): void {
		this.#lost();
		if (refusal.code === ANOTHER_HISTORY && this.#isEmpty() && this.#ask_epoch) {
			// Nothing of the former history is here: the restored one can be taken without a question.
			this.#used = { name: this.name, epoch: null };
			void after(EPOCH_AGAIN_MS)
				.then(() => this.#agreeOnHistory())
				.then(() => !this.#ended && this.provider.connect());
			return;
		}
		this.refusal = refusal;
		const held_ms = Date.now() - this.#live_since_ms;
		this.#live_since_ms = Number.POSITIVE_INFINITY;
		if (passes(refusal)) this.countdown.begin(held_ms, () => this.reconnect());
	}

	#askWhatIsSaved(): void {
		if (this.provider.wsconnected) this.provider.ws?.send(new Uint8Array([MESSAGE_SAVED]));
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
		const key = `${this.name}/waiting`;
		const all = this.#waiting.beside(parseWaiting(read(key)));
		write(key, all.length ? JSON.stringify(all) : null);
	}
}

function after(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

import * as encoding from 'lib0/encoding';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as syncProtocol from 'y-protocols/sync';
import * as Y from 'yjs';
import { LiveDocument, MESSAGE_SAVED, MESSAGE_STANDING, type LiveDocumentOptions } from './live-document.svelte.ts';
import { forgetCopiesOf, formerCopies, readCopy } from './local-copy.ts';
import { ProjectDocument } from './project.svelte.ts';

/** A socket whose other end is the test: it answers the first exchange and keeps what was sent. */
class TestSocket {
	static readonly CONNECTING = 0;
	static readonly OPEN = 1;
	static readonly CLOSING = 2;
	static readonly CLOSED = 3;
	readonly OPEN = 1;
	static all: TestSocket[] = [];
	readyState = 0;
	binaryType = '';
	sent: Uint8Array[] = [];
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
	onclose: ((event: { code: number; reason: string }) => void) | null = null;
	onerror: ((event: unknown) => void) | null = null;

	constructor(readonly url: string) {
		TestSocket.all.push(this);
	}
	send(data: Uint8Array): void {
		this.sent.push(data);
	}
	close(): void {
		this.readyState = 3;
	}
	accept(server: Y.Doc): void {
		this.readyState = 1;
		this.onopen?.();
		const encoder = encoding.createEncoder();
		encoding.writeVarUint(encoder, 0);
		syncProtocol.writeSyncStep2(encoder, server);
		this.deliver(encoding.toUint8Array(encoder));
	}
	deliver(bytes: Uint8Array): void {
		this.onmessage?.({ data: bytes.slice().buffer });
	}
	say(standing: object): void {
		const encoder = encoding.createEncoder();
		encoding.writeVarUint(encoder, MESSAGE_STANDING);
		encoding.writeVarString(encoder, JSON.stringify(standing));
		this.deliver(encoding.toUint8Array(encoder));
	}
	end(code: number, reason = ''): void {
		this.readyState = 3;
		this.onclose?.({ code, reason });
	}
	sayDurable(state_vector: Uint8Array): void {
		const encoder = encoding.createEncoder();
		encoding.writeVarUint(encoder, MESSAGE_SAVED);
		encoding.writeVarUint8Array(encoder, state_vector);
		this.deliver(encoding.toUint8Array(encoder));
	}
}

const opened: LiveDocument[] = [];

async function open(
	project: string,
	more: Partial<LiveDocumentOptions> = {}
): Promise<{ live: LiveDocument; socket: TestSocket; environments: ProjectDocument }> {
	TestSocket.all = [];
	const live = new LiveDocument({
		server: 'ws://test', project, kind: 'environments', user: 'usr_ana',
		WebSocket: TestSocket as unknown as typeof WebSocket, ...more
	});
	opened.push(live);
	await vi.waitFor(() => expect(TestSocket.all).toHaveLength(1));
	return { live, socket: TestSocket.all[0] as TestSocket, environments: new ProjectDocument(live.doc, (what, change) => live.edit(what, change)) };
}

function make(environments: ProjectDocument): string {
	return environments.create({
		name: 'Ridge', description: '', location_type: 'exterior', parameters: { haze: 0.1 }, created_by: '', created_at_s: 1
	});
}

afterEach(async () => {
	for (const live of opened.splice(0)) live.end();
	await forgetCopiesOf('usr_ana');
});

describe('a live document', () => {
	it('asks for durability with the single byte 120, and calls an edit saved only when the server says so', async () => {
		const { live, socket, environments } = await open('prj_a');
		expect(socket.url).toBe('ws://test/ws/project/prj_a/environments');
		socket.accept(new Y.Doc());
		expect(socket.sent.some((m) => m.length === 1 && m[0] === MESSAGE_SAVED)).toBe(true);
		expect([live.line, live.saved]).toEqual(['live', 'saved']);

		make(environments);
		expect([live.waiting, live.saved]).toEqual([1, 'saving']);

		socket.sayDurable(Y.encodeStateVector(live.doc));
		expect([live.waiting, live.saved]).toEqual([0, 'saved']);
	});

	it('says "not saved" while the server cannot store', async () => {
		const { live, socket, environments } = await open('prj_b');
		socket.accept(new Y.Doc());
		make(environments);

		socket.say({ saving: 'failing', since: 1_700_000_000 });

		expect([live.saved, live.server.failing_since_s]).toEqual(['unsaved', 1_700_000_000]);
		// The answer to a question of our own, while nothing new is stored, is no good news.
		socket.sayDurable(Y.encodeStateVector(new Y.Doc()));
		socket.sayDurable(Y.encodeStateVector(new Y.Doc()));
		expect([live.saved, live.waiting]).toEqual(['unsaved', 1]);

		socket.sayDurable(Y.encodeStateVector(live.doc));
		expect([live.saved, live.waiting]).toEqual(['saved', 0]);
	});

	it('D1 calls a deletion saved only when the server has what came after it', async () => {
		const { live, socket, environments } = await open('prj_del');
		socket.accept(new Y.Doc());
		const id = make(environments);
		environments.environment(id)?.addTag('dawn');
		const before = Y.encodeStateVector(live.doc);
		socket.sayDurable(before);
		expect(live.waiting).toBe(0);

		environments.environment(id)?.removeTag('dawn');
		expect([live.waiting, live.saved]).toEqual([1, 'saving']);
		// Somebody else's change is stored first, with our old clock.
		socket.sayDurable(before);
		expect(live.waiting).toBe(1);

		socket.sayDurable(Y.encodeStateVector(live.doc));
		expect([live.waiting, live.saved]).toEqual([0, 'saved']);
	});

	it('knows when the server has lost the others, until it has them again or another line stands', async () => {
		const { live, socket } = await open('prj_relay');
		socket.accept(new Y.Doc());
		socket.say({ relay: 'cut_off' });
		expect([live.server.cut_off, live.saved]).toEqual([true, 'saved']);
		socket.say({ saving: 'ok' });
		expect(live.server.cut_off).toBe(true);
		socket.say({ relay: 'ok' });
		expect(live.server.cut_off).toBe(false);
	});

	it('comes back to "saved" without a reload after the server was killed and has returned', async () => {
		const { live, socket, environments } = await open('prj_killed');
		const server = new Y.Doc();
		socket.accept(server);
		socket.end(1006);
		make(environments);
		expect([live.line, live.waiting]).toEqual(['reconnecting', 1]);

		await vi.waitFor(() => expect(TestSocket.all.length).toBeGreaterThan(1));
		const next = TestSocket.all.at(-1) as TestSocket;
		next.accept(server);
		next.sayDurable(Y.encodeStateVector(live.doc));

		expect([live.line, live.saved, live.waiting]).toEqual(['live', 'saved', 0]);
	});

	it('says that the server is busy after 1013, keeps trying, and more patiently', async () => {
		const { live, socket } = await open('prj_busy');
		socket.accept(new Y.Doc());
		const usual = live.provider.maxBackoffTime;
		socket.end(1013, 'come back in a moment');

		expect([live.refusal, live.busy, live.provider.shouldConnect]).toEqual([null, true, true]);
		expect(live.provider.maxBackoffTime).toBeGreaterThan(usual);
		await vi.waitFor(() => expect(TestSocket.all.length).toBeGreaterThan(1));
		(TestSocket.all.at(-1) as TestSocket).accept(new Y.Doc());
		expect([live.busy, live.line]).toEqual([false, 'live']);
	});

	it.each([4400, 4401, 4403, 4404, 4409, 4413, 4429])('does not knock again by itself after %i, whatever the network does', async (code) => {
		const { live, socket, environments } = await open(`prj_no${code}`);
		socket.accept(new Y.Doc());
		const id = make(environments);
		socket.end(code, 'why');
		window.dispatchEvent(new Event('offline'));
		window.dispatchEvent(new Event('online'));

		expect([live.refusal?.code, live.provider.shouldConnect, TestSocket.all.length]).toEqual([code, false, 1]);
		// What was done is still here, to go on with or to take away.
		expect([live.waiting, environments.environment(id)?.name]).toEqual([1, 'Ridge']);
		expect(live.countdown.left_s !== null).toBe(code === 4429);
	});

	it('warns before the tab is closed only when what waits would be lost', async () => {
		const closing = (): boolean => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
		const { live, socket, environments } = await open('prj_close');
		socket.accept(new Y.Doc());
		expect(live.kept).toBe(true);
		make(environments);
		expect(closing()).toBe(false);

		live.kept = false;
		expect(closing()).toBe(true);
		socket.sayDurable(Y.encodeStateVector(live.doc));
		expect(closing()).toBe(false);
	});

	it('stops for good on a close code of 4400–4499 and keeps the reason', async () => {
		const { live, socket } = await open('prj_c');
		socket.accept(new Y.Doc());

		socket.onclose?.({ code: 4403, reason: 'G2: membership ended' });

		expect(live.refusal).toEqual({ code: 4403, reason: 'G2: membership ended' });
		expect([live.line, live.provider.shouldConnect]).toEqual(['offline', false]);
	});

	it('counts what waits while offline, through a reload, until the server has it', async () => {
		const first = await open('prj_d');
		window.dispatchEvent(new Event('offline'));
		const id = make(first.environments);
		first.environments.environment(id)?.setParameter('haze', 0.4);
		expect([first.live.line, first.live.waiting]).toEqual(['offline', 2]);
		// y-indexeddb writes in the background; the reload below must find the edit there.
		await vi.waitFor(async () => {
			const copy = new Y.Doc();
			const { IndexeddbPersistence } = await import('y-indexeddb');
			const persistence = new IndexeddbPersistence(first.live.name, copy);
			await persistence.whenSynced;
			await persistence.destroy();
			expect(new ProjectDocument(copy).environment(id)?.parameter('haze')).toBe(0.4);
		});
		first.live.end();

		const second = await open('prj_d');
		expect(second.environments.environment(id)?.parameter('haze')).toBe(0.4);
		expect(second.live.waiting).toBe(2);
		second.socket.accept(new Y.Doc());
		second.socket.sayDurable(Y.encodeStateVector(second.live.doc));
		expect(second.live.waiting).toBe(0);
	});

	it("does not carry one person's waiting edits over another person's cookie", async () => {
		TestSocket.all = [];
		const live = new LiveDocument({
			server: 'ws://test', project: 'prj_f', kind: 'environments', user: 'usr_ana',
			WebSocket: TestSocket as unknown as typeof WebSocket, confirmed: Promise.resolve('usr_ben')
		});
		opened.push(live);
		await vi.waitFor(() => expect(live.opened).toBe(true));
		await Promise.resolve();
		window.dispatchEvent(new Event('online'));

		expect(TestSocket.all).toHaveLength(0);
	});

	it('sends only its own presence to the server', async () => {
		const { live, socket } = await open('prj_e');
		socket.accept(new Y.Doc());
		const before = socket.sent.length;
		live.awareness.emit('update', [{ added: [12345], updated: [], removed: [] }, 'remote']);

		expect(socket.sent.length).toBe(before);
		live.awareness.setLocalState({ user: { name: 'Ana' } });
		expect(socket.sent.length).toBe(before + 1);
	});
});

describe('D4 one history', () => {
	const epoch = (n: number) => () => Promise.resolve(n);

	it('names the history of its copy on every connection, also after a reload without asking', async () => {
		const first = await open('prj_h1', { epoch: epoch(3) });
		expect(first.socket.url).toBe('ws://test/ws/project/prj_h1/environments?epoch=3');
		first.live.end();

		const second = await open('prj_h1', { epoch: () => Promise.reject(new Error('not asked')) });
		expect(second.socket.url).toContain('?epoch=3');
	});

	it('takes a copy that names none for the first history: it was made before there was a second', async () => {
		const first = await open('prj_h2');
		make(first.environments);
		await kept(first.live);
		first.live.end();

		const second = await open('prj_h2', { epoch: epoch(2) });
		expect(second.socket.url).toContain('?epoch=1');
	});

	it('keeps its copy after 4409, and goes on with the other history without mixing the two', async () => {
		const first = await open('prj_h3', { epoch: epoch(1) });
		first.socket.accept(new Y.Doc());
		const id = make(first.environments);
		await kept(first.live);
		first.socket.end(4409, 'another history');
		expect(first.live.refusal?.code).toBe(4409);
		await expect(first.live.goOn()).rejects.toThrow('Try again');
		expect(formerCopies(first.live.base)).toEqual([]);
		first.live.end();

		const again = await open('prj_h3', { epoch: epoch(2) });
		expect(again.socket.url).toContain('?epoch=1');
		again.socket.end(4409, 'another history');
		await again.live.goOn();

		const restored = await open('prj_h3', { epoch: epoch(2) });
		expect(restored.socket.url).toContain('?epoch=2');
		expect([restored.live.waiting, restored.environments.ids]).toEqual([0, []]);
		const former = formerCopies(restored.live.base);
		expect(former).toMatchObject([{ epoch: 1, waiting: 1, code: 4409 }]);
		const copy = new ProjectDocument(await readCopy(former[0]?.name as string));
		expect(copy.environment(id)?.name).toBe('Ridge');
	});

	it('takes the other history without a question when nothing of the former one is here', async () => {
		let now = 1;
		const { live, socket } = await open('prj_h4', { epoch: () => Promise.resolve(now++) });
		socket.end(4409, 'another history');
		await vi.waitFor(() => expect(TestSocket.all).toHaveLength(2), { timeout: 5000 });
		expect([TestSocket.all[1]?.url, live.refusal]).toEqual(['ws://test/ws/project/prj_h4/environments?epoch=2', null]);
	});
});

/** y-indexeddb writes in the background: wait until this device has it all. */
async function kept(live: LiveDocument): Promise<void> {
	await vi.waitFor(async () => {
		const copy = await readCopy(live.name);
		expect(Y.encodeStateVector(copy)).toEqual(Y.encodeStateVector(live.doc));
	});
}

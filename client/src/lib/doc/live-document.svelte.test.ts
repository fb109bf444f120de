import * as encoding from 'lib0/encoding';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as syncProtocol from 'y-protocols/sync';
import * as Y from 'yjs';
import { forgetCopiesOf, LiveDocument, MESSAGE_SAVED } from './live-document.svelte.ts';
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
	sayDurable(state_vector: Uint8Array): void {
		const encoder = encoding.createEncoder();
		encoding.writeVarUint(encoder, MESSAGE_SAVED);
		encoding.writeVarUint8Array(encoder, state_vector);
		this.deliver(encoding.toUint8Array(encoder));
	}
}

const opened: LiveDocument[] = [];

async function open(project: string): Promise<{ live: LiveDocument; socket: TestSocket; environments: ProjectDocument }> {
	TestSocket.all = [];
	const live = new LiveDocument({
		server: 'ws://test', project, kind: 'environments', user: 'usr_ana', WebSocket: TestSocket as unknown as typeof WebSocket
	});
	opened.push(live);
	await vi.waitFor(() => expect(TestSocket.all).toHaveLength(1));
	return { live, socket: TestSocket.all[0] as TestSocket, environments: new ProjectDocument(live.doc) };
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

		const encoder = encoding.createEncoder();
		encoding.writeVarUint(encoder, 121);
		encoding.writeVarString(encoder, '{"saving":"failing"}');
		socket.deliver(encoding.toUint8Array(encoder));

		expect(live.saved).toBe('unsaved');
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

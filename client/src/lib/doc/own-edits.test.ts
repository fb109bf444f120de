import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { History } from './history.svelte.ts';
import { hearOwnEdits, MyEdit } from './own-edits.ts';

function aPlace(): { doc: Y.Doc; tags: Y.Map<unknown>; heard: [number, string][] } {
	const doc = new Y.Doc();
	const place = doc.getMap('environments').set('env_a', new Y.Map<unknown>());
	const tags = place.set('tags', new Y.Map<unknown>([['dawn', true]]));
	const heard: [number, string][] = [];
	hearOwnEdits(doc, (_client, clock, what) => heard.push([clock, what]));
	return { doc, tags, heard };
}

describe('own edits', () => {
	it('D1 gives a pure deletion a clock: a server without it cannot have that state vector', () => {
		const { doc, tags, heard } = aPlace();
		const server = new Y.Doc();
		Y.applyUpdate(server, Y.encodeStateAsUpdate(doc));
		const reached = (): number => Y.getState(server.store, doc.clientID);
		const sent: Uint8Array[] = [];
		doc.on('update', (update: Uint8Array) => sent.push(update));

		doc.transact(() => tags.delete('dawn'), new MyEdit('env_a.tags.dawn'));

		expect(heard).toHaveLength(1);
		const [clock, what] = heard[0] as [number, string];
		expect([what, reached() < clock, sent.length]).toEqual(['env_a.tags.dawn', true, 2]);
		Y.applyUpdate(server, sent[0] as Uint8Array);
		expect(reached()).toBeLessThan(clock);
		Y.applyUpdate(server, sent[1] as Uint8Array);
		expect(reached()).toBe(clock);
		expect(server.getMap('environments').toJSON()).toEqual({ env_a: { tags: {} } });
		expect(server.getMap('meta').toJSON()).toEqual({});
	});

	it('marks an undo that only deletes, and undo and redo go on as if the mark were not there', () => {
		const { doc, tags, heard } = aPlace();
		const history = new History(doc.getMap('environments').get('env_a') as Y.Map<unknown>);
		doc.transact(() => tags.set('fog', true), new MyEdit('env_a.tags.fog'));
		history.undo();
		expect(tags.toJSON()).toEqual({ dawn: true });
		expect(heard.map(([, what]) => what)).toEqual(['env_a.tags.fog', 'undo']);
		expect([history.can_undo, history.can_redo]).toEqual([false, true]);
		history.redo();
		expect(tags.toJSON()).toEqual({ dawn: true, fog: true });
	});

	it('leaves little behind: some bytes for each deletion', () => {
		const marked = aPlace();
		const plain = aPlace();
		for (let i = 0; i < 500; i++) {
			for (const { doc, tags } of [marked, plain]) doc.transact(() => tags.set('fog', i), 'elsewhere');
			marked.doc.transact(() => marked.tags.delete('fog'), new MyEdit('delete'));
			plain.doc.transact(() => (plain.tags.delete('fog'), plain.tags.set('other', 1)), 'elsewhere');
		}
		const [with_marks, without] = [marked, plain].map(({ doc }) => Y.encodeStateAsUpdate(doc).length) as [number, number];
		expect(with_marks - without).toBeLessThan(500 * 10);
	});

	it('does not take for its own what others did', () => {
		const { doc, heard } = aPlace();
		const other = new Y.Doc();
		other.getMap('environments').set('env_b', new Y.Map());
		Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
		expect(heard).toEqual([]);
	});
});

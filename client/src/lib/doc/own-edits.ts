// Which transactions are this person's, and how far they bring the document: what "saved" is measured by.

import * as Y from 'yjs';

/** The origin of every edit made by this person here: undo tracks the class, the label counts gestures. */
export class MyEdit {
	constructor(readonly what: string) {}
}

/** The origin of the mark that follows a pure deletion. */
class Mark {
	constructor(readonly what: string) {}
}

/**
 * Hear of each own edit with the clock that proves it: whoever has the document up to `clock` has the edit.
 *
 * A deletion moves no clock, and a state vector says nothing about it. So a pure deletion is followed by a mark that
 * does: a value written and deleted at once, of which only a few bytes of clock remain. It travels behind the deletion on
 * the same line, so whoever has the mark has the deletion too.
 */
export function hearOwnEdits(doc: Y.Doc, heard: (client: number, clock: number, what: string) => void): void {
	doc.on('update', (_update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
		if (!transaction.local) return;
		const what = origin instanceof MyEdit || origin instanceof Mark ? origin.what : 'undo';
		const before = transaction.beforeState.get(doc.clientID) ?? 0;
		const clock = Y.getState(doc.store, doc.clientID);
		if (clock > before) heard(doc.clientID, clock, what);
		else mark(doc, what);
	});
}

function mark(doc: Y.Doc, what: string): void {
	const meta = doc.getMap('meta');
	doc.transact(() => {
		meta.set('mark', true);
		meta.delete('mark');
	}, new Mark(what));
}

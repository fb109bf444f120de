import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { asFile, exported, fileName, type About } from './export.ts';

const about: About = { project: { id: 'prj_a', name: 'Die Küste: Teil 2' }, document: 'environments', epoch: 2, unsaved_changes: 3 };
const now = new Date(2026, 10, 22, 14, 5);

function aDocument(): Y.Doc {
	const doc = new Y.Doc();
	const place = doc.getMap('environments').set('env_a', new Y.Map<unknown>([['name', 'Ridge 🏔']]));
	place.set('tags', new Y.Map([['dawn', true]]));
	return doc;
}

describe('a copy to take away', () => {
	it('is readable, and says what it is and how far it got', async () => {
		const file = asFile(aDocument(), about, 'json', now);
		const read = JSON.parse(await file.text()) as ReturnType<typeof exported>;
		expect(read).toMatchObject({ format: 'cyclorama-copy', epoch: 2, unsaved_changes: 3, document: 'environments' });
		expect(read.content).toEqual({ meta: {}, environments: { env_a: { name: 'Ridge 🏔', tags: { dawn: true } } } });
	});

	it('is whole as a Yjs update', async () => {
		const file = asFile(aDocument(), about, 'yjs', now);
		const back = new Y.Doc();
		Y.applyUpdate(back, new Uint8Array(await file.arrayBuffer()));
		expect(back.getMap('environments').toJSON()).toEqual(aDocument().getMap('environments').toJSON());
	});

	it('has a name that sorts and that every file system takes', () => {
		expect(fileName(about, 'json', now)).toBe('die-küste-teil-2-environments-2026-11-22-1405.json');
		expect(fileName({ ...about, project: { id: 'prj_a', name: '???' } }, 'yjs', now)).toBe('prj_a-environments-2026-11-22-1405.yjs');
	});
});

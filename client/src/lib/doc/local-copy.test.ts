import { afterEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { LiveDocument } from './live-document.svelte.ts';
import { copyName, discardFormer, forgetCopiesOf, formerCopies, onlyHere, openCopy, readCopy, setAside, useCopy, usedCopy } from './local-copy.ts';

const base = copyName('usr_lo', 'prj_a', 'environments');
let live: LiveDocument | undefined;

function aDocument(): LiveDocument {
	return (live = new LiveDocument({ server: 'ws://test', project: 'prj_a', kind: 'environments', user: 'usr_lo', connect: false }));
}

afterEach(async () => {
	live?.end();
	vi.unstubAllGlobals();
	await forgetCopiesOf('usr_lo');
});

describe('the copies on this device', () => {
	it('lie under one name until one is set aside, and never share a name after', () => {
		expect(usedCopy(base)).toEqual({ name: base, epoch: null });
		useCopy(base, { name: base, epoch: 1 });
		setAside(base, 2, 3, 4409, 1000);
		setAside(base, 2, 1, 4413, 2000);

		const names = [...formerCopies(base).map((f) => f.name), usedCopy(base).name];
		expect(new Set(names).size).toBe(3);
		expect(usedCopy(base).epoch).toBe(2);
		expect(formerCopies(base).map((f) => [f.epoch, f.waiting, f.code])).toEqual([[1, 3, 4409], [2, 1, 4413]]);
	});

	it('are deleted one by one, or all when one signs out; until then what is only here is counted', async () => {
		localStorage.setItem(`${base}/waiting`, '[{"client":1,"clock":2,"what":"a","at_ms":0}]');
		useCopy(base, { name: base, epoch: 1 });
		setAside(base, 2, 1, 4409, 1000);
		localStorage.setItem(`${usedCopy(base).name}/waiting`, '[{"client":3,"clock":1,"what":"b","at_ms":0},{"client":3,"clock":2,"what":"c","at_ms":0}]');
		localStorage.setItem('cyclorama/usr_other/prj_a/environments/waiting', '[{"client":1,"clock":2,"what":"a","at_ms":0}]');
		expect(onlyHere('usr_lo')).toBe(3);

		await discardFormer(base, base);
		expect([formerCopies(base), onlyHere('usr_lo')]).toEqual([[], 2]);
		await forgetCopiesOf('usr_lo');
		expect([onlyHere('usr_lo'), onlyHere('usr_other'), usedCopy(base).epoch]).toEqual([0, 1, null]);
		localStorage.removeItem('cyclorama/usr_other/prj_a/environments/waiting');
	});

	it('take nonsense in the storage for nothing', () => {
		localStorage.setItem(`${base}/copy`, '{"name":"elsewhere","epoch":9}');
		localStorage.setItem(`${base}/former`, '{"not":"a list"}');
		expect([usedCopy(base), formerCopies(base)]).toEqual([{ name: base, epoch: null }, []]);
		localStorage.setItem(`${base}/copy`, 'no json');
		expect(usedCopy(base).name).toBe(base);
	});
});

describe('whether this device keeps what is done', () => {
	it('is known: it does once the copy is open', async () => {
		const document = aDocument();
		expect(document.kept).toBe(false);
		await vi.waitFor(() => expect(document.kept).toBe(true));
		document.edit('a', () => document.doc.getMap('environments').set('env_a', 1));
		await vi.waitFor(async () => {
			expect((await readCopy(base)).getMap('environments').toJSON()).toEqual({ env_a: 1 });
		});
	});

	it('is not claimed where there is no storage', async () => {
		vi.stubGlobal('indexedDB', undefined);
		const document = aDocument();
		await vi.waitFor(() => expect(document.opened).toBe(true));
		document.edit('a', () => document.doc.getMap('environments').set('env_a', 1));
		expect([document.kept, document.waiting]).toEqual([false, 1]);
	});

	it('is taken back when a write fails, as on a full disk', async () => {
		const doc = new Y.Doc();
		const lost = vi.fn();
		const copy = openCopy(base, doc, lost);
		await copy?.whenSynced;
		doc.getMap('environments').set('env_a', 1);
		expect(lost).not.toHaveBeenCalled();
		const transaction = copy?.db?.transaction(['updates'], 'readwrite');
		transaction?.abort();
		await vi.waitFor(() => expect(lost).toHaveBeenCalled());
		await copy?.destroy();
	});
});

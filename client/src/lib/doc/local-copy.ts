// The copies of documents on this device: one per history, and those that were set aside.
//
// A copy belongs to the history (epoch) of the document it was made from. Which copy is in use and its epoch are written
// down before anything of the document is, so that a copy with content always knows where it comes from.

import { IndexeddbPersistence } from 'y-indexeddb';
import * as Y from 'yjs';

/** The copy in use. */
export interface Used {
	/** Its database's name. */
	name: string;
	/** The history it belongs to; null while nobody has said. */
	epoch: number | null;
}

/** A copy that this person has left behind for another history, until it is discarded. */
export interface Former {
	name: string;
	epoch: number | null;
	/** When it was set aside. */
	at_ms: number;
	/** Own changes in it that never reached the server. */
	waiting: number;
	/** The close code that made it so. */
	code: number;
}

/** Where a person's copy of a document lies on the device, before any was set aside. */
export function copyName(user: string, project: string, kind: string): string {
	return `cyclorama/${user}/${project}/${kind}`;
}

export function usedCopy(base: string): Used {
	const kept = readJson(`${base}/copy`) as Partial<Used> | null;
	if (kept && typeof kept.name === 'string' && kept.name.startsWith(base)) {
		return { name: kept.name, epoch: Number.isInteger(kept.epoch) ? (kept.epoch as number) : null };
	}
	return { name: base, epoch: null };
}

export function useCopy(base: string, used: Used): void {
	write(`${base}/copy`, JSON.stringify(used));
}

/** Leave the copy in use where it is, under its own name, and use a fresh one of this epoch from the next visit on. */
export function setAside(base: string, epoch: number, waiting: number, code: number, now_ms: number): void {
	const used = usedCopy(base);
	write(`${base}/former`, JSON.stringify([...formerCopies(base), { ...used, at_ms: now_ms, waiting, code }]));
	useCopy(base, { name: `${base}@${epoch}-${now_ms.toString(36)}`, epoch });
}

export function formerCopies(base: string): Former[] {
	const kept = readJson(`${base}/former`);
	return Array.isArray(kept) ? kept.filter((f): f is Former => typeof f?.name === 'string' && Number.isFinite(f.at_ms)) : [];
}

export async function discardFormer(base: string, name: string): Promise<void> {
	const rest = formerCopies(base).filter((f) => f.name !== name);
	write(`${base}/former`, rest.length ? JSON.stringify(rest) : null);
	write(`${name}/waiting`, null);
	await forgetCopy(name);
}

/** Read a copy that is not in use. */
export async function readCopy(name: string): Promise<Y.Doc> {
	const doc = new Y.Doc();
	const copy = new IndexeddbPersistence(name, doc);
	await copy.whenSynced;
	await copy.destroy();
	return doc;
}

/** Connect a document with its copy; `onlost` when this device stops keeping it (storage full, refused or cleared). */
export function openCopy(name: string, doc: Y.Doc, onlost: () => void): IndexeddbPersistence | null {
	if (typeof indexedDB === 'undefined') return null;
	const copy = new IndexeddbPersistence(name, doc);
	copy._db.then(
		(db) => {
			for (const event of ['abort', 'error', 'close', 'versionchange']) db.addEventListener(event, onlost);
		},
		(error: unknown) => {
			console.warn('cyclorama: no copy on this device', name, error);
			onlost();
		}
	);
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

/** How many changes of this person are nowhere but on this device, in all projects. */
export function onlyHere(user: string): number {
	const prefix = `cyclorama/${user}/`;
	let count = 0;
	for (const key of Object.keys(localStorage)) {
		if (!key.startsWith(prefix) || !key.endsWith('/waiting')) continue;
		const kept = readJson(key);
		if (Array.isArray(kept)) count += kept.length;
	}
	return count;
}

export function read(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null; // storage switched off: the page works, only a reload forgets
	}
}

export function write(key: string, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem(key);
		else localStorage.setItem(key, value);
	} catch {
		// full or switched off: as above
	}
}

function readJson(key: string): unknown {
	try {
		return JSON.parse(read(key) ?? 'null');
	} catch {
		return null;
	}
}

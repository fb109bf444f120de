// A document as files one can keep: readable JSON, and the raw Yjs update for tools.

import * as Y from 'yjs';
import type { DocumentKind } from './live-document.svelte.ts';

/** The root maps of each document, as DESIGN names them. */
const ROOTS: Record<DocumentKind, readonly string[]> = {
	environments: ['meta', 'environments'],
	annotations: ['annotations'],
	votes: ['ballots', 'approvals']
};

export interface Exported {
	format: 'cyclorama-copy';
	version: 1;
	project: { id: string; name: string };
	document: DocumentKind;
	/** The history it belongs to. */
	epoch: number | null;
	exported_at: string;
	/** Own changes in it that had not reached the server. */
	unsaved_changes: number;
	content: Record<string, unknown>;
}

export interface About {
	project: { id: string; name: string };
	document: DocumentKind;
	epoch: number | null;
	unsaved_changes: number;
}

export function exported(doc: Y.Doc, about: About, now: Date): Exported {
	const content = Object.fromEntries(ROOTS[about.document].map((root) => [root, doc.getMap(root).toJSON()]));
	return { format: 'cyclorama-copy', version: 1, ...about, exported_at: now.toISOString(), content };
}

/** `glass-coast-environments-2026-11-22-1442.json` */
export function fileName(about: About, ending: 'json' | 'yjs', now: Date): string {
	const two = (n: number): string => String(n).padStart(2, '0');
	const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`;
	const name = about.project.name
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]+/gu, '-')
		.replace(/^-+|-+$/g, '')
		.slice(0, 60);
	return `${name || about.project.id}-${about.document}-${day}.${ending}`;
}

export function asFile(doc: Y.Doc, about: About, ending: 'json' | 'yjs', now = new Date()): File {
	const name = fileName(about, ending, now);
	if (ending === 'yjs') return new File([Y.encodeStateAsUpdate(doc).slice()], name, { type: 'application/octet-stream' });
	return new File([JSON.stringify(exported(doc, about, now), null, '\t')], name, { type: 'application/json' });
}

/** Hand a file to the browser's downloads. */
export function download(file: File): void {
	const url = URL.createObjectURL(file);
	const link = document.createElement('a');
	link.href = url;
	link.download = file.name;
	link.click();
	// Some browsers read the file only after the click has been handled.
	setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

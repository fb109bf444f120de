// Three pictures of each project, remembered on this device: covers for the list of projects.

import { thumb } from '../render/picture.ts';
import type { Render } from './records.ts';

const OBJECT = /^[0-9a-f]{64}$/;

function place(user: string, project: string): string {
	return `cyclorama/${user}/${project}/covers`;
}

/** The covers among the first pictures of a project's places. */
export function coversOf(renders: readonly (Render | undefined)[]): string[] {
	return renders.map((render) => thumb(render, 512)).filter((object) => object !== undefined).slice(0, 3);
}

export function writeCovers(user: string, project: string, objects: readonly string[]): void {
	try {
		localStorage.setItem(place(user, project), JSON.stringify(objects));
	} catch {
		// storage full or switched off: the list shows a drawing instead
	}
}

export function readCovers(user: string, project: string): string[] {
	try {
		const value: unknown = JSON.parse(localStorage.getItem(place(user, project)) ?? '[]');
		return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string' && OBJECT.test(v)) : [];
	} catch {
		return [];
	}
}

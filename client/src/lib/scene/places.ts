// The kinds of place, as the schema names them: what each is called, where it belongs, whether it is a room.

import type { Parameter } from './schema.ts';

export interface PlaceKind {
	name: string;
	title: string;
	note: string;
	group: string;
	indoors: boolean;
}

const FIRST = 'alpine';

export class Places {
	readonly kinds: PlaceKind[];
	readonly #aliases: Record<string, string>;
	readonly #default: string;

	constructor(parameters: readonly Parameter[]) {
		const archetype = parameters.find((p) => p.name === 'archetype');
		this.kinds = archetype?.kinds ?? [];
		this.#aliases = archetype?.aliases ?? {};
		this.#default = typeof archetype?.default === 'string' ? archetype.default : FIRST;
	}

	/** The kind an environment is of; names of earlier versions and ones this client does not know are understood too. */
	of(archetype: unknown): PlaceKind {
		const written = typeof archetype === 'string' && archetype ? archetype : this.#default;
		const name = this.#aliases[written] ?? written;
		return (
			this.kinds.find((kind) => kind.name === name) ?? {
				name,
				title: words(name),
				note: '',
				group: '',
				indoors: name === 'interior'
			}
		);
	}

	/** In groups, only those that have every word of a search in their title, note, group or name. */
	groups(search = ''): { title: string; kinds: PlaceKind[] }[] {
		const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
		const found = new Map<string, PlaceKind[]>();
		for (const kind of this.kinds) {
			const text = `${kind.title} ${kind.note} ${kind.group} ${kind.name}`.toLowerCase();
			if (wanted.every((word) => text.includes(word))) found.set(kind.group, [...(found.get(kind.group) ?? []), kind]);
		}
		return [...found].map(([title, kinds]) => ({ title, kinds }));
	}
}

/** "living_room" → "Living room" */
export function words(name: string): string {
	return name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
}

/** A small picture of each kind, made by our own engine (`make places`). */
export const pictureOf = (kind: PlaceKind): string => `/places/${kind.name}.webp`;

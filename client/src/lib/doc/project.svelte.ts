// The environments document as the pages read it: one live object per environment, keyed, without copies.
//
// One observer on the document rings only the section that changed of the environment that changed, so that dragging
// the hour of one place re-runs neither the gallery's filter nor another place's controls.

import * as Y from 'yjs';
import { MyEdit } from './live-document.svelte.ts';
import { isStandard, newId } from './names.ts';
import type { Axis, Camera, LocationType, Quality, Render, Value, Variation } from './records.ts';
import { toSeconds } from './seconds.ts';
import { Signal } from './signal.ts';

const MAPS = ['parameters', 'style', 'cameras', 'variations', 'renders', 'scenes', 'tags'] as const;
type Section = 'fields' | (typeof MAPS)[number];

function isSection(key: unknown): key is Section {
	return (MAPS as readonly unknown[]).includes(key);
}

export type EditMaker = <T>(what: string, change: () => T) => T;

/** One environment, read live. Getters track only the section they read. */
export class Environment {
	readonly id: string;
	readonly #root: Y.Map<Y.Map<unknown>>;
	readonly #edit: EditMaker;
	readonly #signals: Record<Section, Signal>;

	constructor(id: string, root: Y.Map<Y.Map<unknown>>, edit: EditMaker) {
		this.id = id;
		this.#root = root;
		this.#edit = edit;
		this.#signals = Object.fromEntries((['fields', ...MAPS] as const).map((s) => [s, new Signal()])) as Record<
			Section,
			Signal
		>;
	}

	ring(section: Section): void {
		this.#signals[section].ring();
	}

	ringAll(): void {
		for (const signal of Object.values(this.#signals)) signal.ring();
	}

	/** The Y map itself: undo needs it as its scope. */
	get map(): Y.Map<unknown> | undefined {
		return this.#root.get(this.id);
	}

	get name(): string {
		return this.#text('name') || 'Untitled';
	}
	get description(): string {
		return this.#text('description');
	}
	get location_type(): LocationType {
		return this.#text('location_type') === 'interior' ? 'interior' : 'exterior';
	}
	get quality(): Quality {
		const quality = this.#text('quality');
		return quality === 'low' || quality === 'high' ? quality : 'standard';
	}
	get created_at(): number {
		return toSeconds(this.#field('created_at'));
	}
	get archived_at(): number | null {
		const at = this.#field('archived_at');
		return at === null || at === undefined || at === '' ? null : toSeconds(at);
	}

	/** The parameters as written; what is missing takes the schema's default. */
	parameter(name: string): Value | undefined {
		const value = this.#section('parameters')?.get(name);
		return typeof value === 'number' || typeof value === 'string' ? value : undefined;
	}

	get tags(): string[] {
		return [...(this.#section('tags')?.keys() ?? [])].sort();
	}

	get cameras(): Map<string, Camera> {
		return new Map(this.#section('cameras')?.entries() as Iterable<[string, Camera]> | undefined);
	}

	/** The cameras people have made, by name: the document keeps no order of its own. */
	get custom_cameras(): [string, Camera][] {
		const name = (camera: Camera): string => camera.name ?? camera.label ?? '';
		return [...this.cameras]
			.filter(([id]) => !isStandard(id))
			.sort(([a, one], [b, other]) => name(one).localeCompare(name(other), undefined, { numeric: true }) || (a < b ? -1 : 1));
	}

	get variations(): Variation[] {
		const found: Variation[] = [];
		for (const [id, value] of this.#section('variations')?.entries() ?? []) {
			const read = value instanceof Y.Map ? (value.toJSON() as Partial<Variation>) : (value as Partial<Variation>);
			found.push({
				id,
				label: read.label || id,
				axis: (read.axis ?? 'custom') as Axis,
				overrides: readOverrides(read.overrides),
				proposed_by: read.proposed_by,
				status: read.status
			});
		}
		return found;
	}

	get scenes(): Map<string, { heading?: string; time?: string }> {
		return new Map(this.#section('scenes')?.entries() as Iterable<[string, { heading?: string }]> | undefined);
	}

	render(slot: string): Render | undefined {
		return this.#section('renders')?.get(slot) as Render | undefined;
	}

	get slots(): string[] {
		return [...(this.#section('renders')?.keys() ?? [])];
	}

	rename(name: string): void {
		this.#set('name', name.trim().slice(0, 200) || 'Untitled');
	}
	describe(description: string): void {
		this.#set('description', description);
	}
	setQuality(quality: Quality): void {
		this.#set('quality', quality);
	}
	setLocationType(type: LocationType): void {
		this.#set('location_type', type);
	}
	archive(at_s: number): void {
		this.#set('archived_at', at_s);
	}
	restore(): void {
		this.#set('archived_at', null);
	}

	setParameter(name: string, value: Value): void {
		this.setParameters({ [name]: value });
	}

	setParameters(values: Record<string, Value>): void {
		const changed = Object.entries(values).filter(([name, value]) => this.#raw('parameters')?.get(name) !== value);
		if (changed.length === 0) return;
		this.#edit(`${this.id}.parameters.${changed.map(([name]) => name).join('+')}`, () => {
			const map = this.#writable('parameters');
			for (const [name, value] of changed) map?.set(name, value);
		});
	}

	/** Change what a variation overrides; the record is replaced whole, as JSON values are. */
	setOverride(variation: string, name: string, value: Value): void {
		const record = this.#raw('variations')?.get(variation);
		const overrides = (record instanceof Y.Map ? record.get('overrides') : (record as Variation)?.overrides) as unknown;
		const next = { ...readOverrides(overrides), [name]: value };
		this.#edit(`${this.id}.variations.${variation}.${name}`, () => {
			if (record instanceof Y.Map) record.set('overrides', next);
			else if (record) this.#writable('variations')?.set(variation, { ...(record as object), overrides: next });
		});
	}

	removeVariation(variation: string): void {
		this.#edit(`${this.id}.variations.${variation}.remove`, () => {
			this.#writable('variations')?.delete(variation);
			for (const slot of this.#raw('renders')?.keys() ?? []) {
				if (slot.startsWith(`${variation}/`)) this.#writable('renders')?.delete(slot);
			}
		});
	}

	/** Write a camera; the record is replaced whole, as JSON values are. */
	setCamera(id: string, camera: Camera): void {
		this.#edit(`${this.id}.cameras.${id}`, () => this.#writable('cameras')?.set(id, { ...camera }));
	}

	/** Change some of a camera that is still there. */
	adjustCamera(id: string, change: Partial<Camera>): void {
		const camera = this.#raw('cameras')?.get(id) as Camera | undefined;
		if (camera) this.setCamera(id, { ...camera, ...change });
	}

	/** Take a camera away with its pictures of every variation, in one step that undo brings back. */
	removeCamera(id: string): void {
		this.#edit(`${this.id}.cameras.${id}.remove`, () => {
			this.#writable('cameras')?.delete(id);
			for (const slot of this.#raw('renders')?.keys() ?? []) {
				if (slot.endsWith(`/${id}`)) this.#writable('renders')?.delete(slot);
			}
		});
	}

	addTag(tag: string): void {
		const clean = tag.trim().toLowerCase().slice(0, 40);
		if (clean) this.#edit(`${this.id}.tags.${clean}`, () => this.#writable('tags')?.set(clean, true));
	}
	removeTag(tag: string): void {
		this.#edit(`${this.id}.tags.${tag}`, () => this.#writable('tags')?.delete(tag));
	}

	#set(field: string, value: unknown): void {
		if (this.map?.get(field) === value) return;
		this.#edit(`${this.id}.${field}`, () => this.map?.set(field, value));
	}

	#field(name: string): unknown {
		this.#signals.fields.track();
		return this.map?.get(name);
	}

	#text(name: string): string {
		const value = this.#field(name);
		return typeof value === 'string' ? value : value instanceof Y.Text ? value.toString() : '';
	}

	#section(section: (typeof MAPS)[number]): Y.Map<unknown> | undefined {
		this.#signals[section].track();
		return this.#raw(section);
	}

	#raw(section: (typeof MAPS)[number]): Y.Map<unknown> | undefined {
		const map = this.map?.get(section);
		return map instanceof Y.Map ? map : undefined;
	}

	#writable(section: (typeof MAPS)[number]): Y.Map<unknown> | undefined {
		const map = this.#raw(section);
		if (map || !this.map) return map;
		return this.map.set(section, new Y.Map<unknown>());
	}
}

export interface NewEnvironment {
	name: string;
	description: string;
	location_type: LocationType;
	quality?: Quality;
	parameters: Record<string, Value>;
	created_by: string;
	created_at_s: number;
}

/** All environments of a project. */
export class ProjectDocument {
	readonly doc: Y.Doc;
	readonly #root: Y.Map<Y.Map<unknown>>;
	readonly #ids = new Signal();
	readonly #environments = new Map<string, Environment>();
	readonly #edit: EditMaker;
	/** Environments that somebody else has changed; whoever wants to know since when clears it. */
	readonly touched = new Set<string>();

	constructor(doc: Y.Doc, edit?: EditMaker) {
		this.doc = doc;
		this.#edit = edit ?? ((what, change) => doc.transact(change, new MyEdit(what)));
		this.#root = doc.getMap('environments');
		this.#root.observeDeep(this.#heard);
	}

	end(): void {
		this.#root.unobserveDeep(this.#heard);
	}

	/** Ids of every environment, archived ones too, oldest first. */
	get ids(): string[] {
		this.#ids.track();
		return [...this.#root.keys()];
	}

	/** The environment, or nothing if the document does not hold it (yet). */
	environment(id: string): Environment | undefined {
		this.#ids.track();
		if (!this.#root.has(id)) return undefined;
		let found = this.#environments.get(id);
		if (!found) {
			found = new Environment(id, this.#root, this.#edit);
			this.#environments.set(id, found);
		}
		return found;
	}

	get environments(): Environment[] {
		return this.ids
			.map((id) => this.environment(id) as Environment)
			.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
	}

	create(made: NewEnvironment): string {
		const id = newId('env');
		this.#edit(`${id}.create`, () => {
			const map = new Y.Map<unknown>();
			this.#root.set(id, map);
			map.set('name', made.name.trim().slice(0, 200) || 'Untitled');
			map.set('description', made.description);
			map.set('location_type', made.location_type);
			map.set('quality', made.quality ?? 'standard');
			map.set('created_by', made.created_by);
			map.set('created_at', made.created_at_s);
			map.set('archived_at', null);
			for (const section of MAPS) map.set(section, new Y.Map());
			const parameters = map.get('parameters') as Y.Map<unknown>;
			for (const [name, value] of Object.entries(made.parameters)) parameters.set(name, value);
		});
		return id;
	}

	readonly #heard = (events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void => {
		let ids_changed = false;
		const rung = new Map<string, Set<Section>>();
		const mark = (id: string, section: Section): void => {
			const sections = rung.get(id) ?? new Set();
			rung.set(id, sections.add(section));
		};
		for (const event of events) {
			const [id, section] = event.path;
			if (typeof id !== 'string') {
				ids_changed = true;
				if (!transaction.local) for (const key of event.keys.keys()) this.touched.add(key);
				for (const key of event.keys.keys()) this.#environments.get(key)?.ringAll();
			} else if (isSection(section)) mark(id, section);
			else if (section !== undefined) mark(id, 'fields');
			else for (const key of event.keys.keys()) mark(id, isSection(key) ? key : 'fields');
		}
		for (const [id, sections] of rung) {
			if (!transaction.local) this.touched.add(id);
			for (const section of sections) this.#environments.get(id)?.ring(section);
		}
		if (ids_changed) this.#ids.ring();
	};
}

function readOverrides(value: unknown): Record<string, Value> {
	if (typeof value === 'string') {
		try {
			return JSON.parse(value) as Record<string, Value>;
		} catch {
			return {};
		}
	}
	if (value instanceof Y.Map) return value.toJSON() as Record<string, Value>;
	return typeof value === 'object' && value !== null ? { ...(value as Record<string, Value>) } : {};
}

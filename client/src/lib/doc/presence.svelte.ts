// Who is here, where they look, what is under their hand; and what the farm is doing. All of it is ephemeral.

import type { Awareness } from 'y-protocols/awareness';
import type { FarmJob, FarmState, LookingAt, Person, PicturePoint, Preview, User } from './records.ts';
import { Signal } from './signal.ts';

/** At most 20 messages a second leave this browser. */
export const PACE_MS = 50;
export const IDLE_AFTER_MS = 60_000;

const NO_FARM: FarmState = { jobs: {}, previews: {} };

export class Presence {
	readonly #awareness: Awareness;
	readonly #people_changed = new Signal();
	readonly #farm_changed = new Signal();
	#farm_client: number | null = null;
	#own: Record<string, unknown> = {};
	#dirty = false;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#sent_at_ms = 0;
	#idle_timer: ReturnType<typeof setTimeout> | undefined;

	constructor(awareness: Awareness, user: User) {
		this.#awareness = awareness;
		this.#own = { user: { id: user.id, name: user.name, color: user.color }, idle: false };
		awareness.setLocalState(this.#own);
		awareness.on('change', this.#heard);
		this.stir();
	}

	end(): void {
		clearTimeout(this.#timer);
		clearTimeout(this.#idle_timer);
		this.#awareness.off('change', this.#heard);
	}

	/** Everybody else, one entry per open page, in a stable order; read once, however many cards ask. */
	readonly others: Person[] = $derived.by(() => {
		this.#people_changed.track();
		const found: Person[] = [];
		for (const [client, state] of this.#awareness.getStates()) {
			if (client === this.#awareness.clientID) continue;
			const person = readPerson(client, state);
			if (person) found.push(person);
		}
		return found.sort((a, b) => a.user.name.localeCompare(b.user.name) || a.client - b.client);
	});

	readonly farm: FarmState = $derived.by(() => {
		this.#farm_changed.track();
		const state = this.#farm_client === null ? undefined : this.#awareness.getStates().get(this.#farm_client);
		return state ? readFarm(state.farm) : NO_FARM;
	});

	look(at: LookingAt | null): void {
		this.#say('looking_at', at);
	}

	/** The control under this person's hand, or nothing. */
	hold(control: string | null): void {
		this.#say('holding', control);
		this.stir();
	}

	point(at: PicturePoint | null): void {
		this.#say('cursor', at);
	}

	/** The person did something: not idle for the next minute. */
	stir(): void {
		if (this.#own.idle) this.#say('idle', false);
		clearTimeout(this.#idle_timer);
		this.#idle_timer = setTimeout(() => {
			this.#own = { ...this.#own, cursor: null };
			this.#say('idle', true);
		}, IDLE_AFTER_MS);
	}

	#say(key: string, value: unknown): void {
		if (same(this.#own[key], value)) return;
		this.#own = { ...this.#own, [key]: value };
		this.#dirty = true;
		if (this.#timer !== undefined) return;
		const wait = Math.max(0, this.#sent_at_ms + PACE_MS - Date.now());
		if (wait === 0) this.#send();
		else this.#timer = setTimeout(() => this.#send(), wait);
	}

	#send(): void {
		this.#timer = undefined;
		if (!this.#dirty) return;
		this.#dirty = false;
		this.#sent_at_ms = Date.now();
		this.#awareness.setLocalState(this.#own);
	}

	readonly #heard = (change: { added: number[]; updated: number[]; removed: number[] }): void => {
		let people = false;
		let farm = false;
		for (const client of [...change.added, ...change.updated]) {
			if (this.#awareness.getStates().get(client)?.farm) {
				this.#farm_client = client;
				farm = true;
			} else if (client === this.#farm_client) farm = true;
			else if (client !== this.#awareness.clientID) people = true;
		}
		for (const client of change.removed) {
			if (client === this.#farm_client) {
				this.#farm_client = null;
				farm = true;
			} else people = true;
		}
		if (people) this.#people_changed.ring();
		if (farm) this.#farm_changed.ring();
	};
}

function same(a: unknown, b: unknown): boolean {
	return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** What others say of themselves is read with care: a broken state is no reason to break the page. */
function readPerson(client: number, state: Record<string, unknown>): Person | null {
	const user = state.user as Partial<User> | undefined;
	if (!user || typeof user.name !== 'string') return null;
	const looking = state.looking_at as LookingAt | null | undefined;
	const cursor = state.cursor as PicturePoint | null | undefined;
	return {
		client,
		user: { id: String(user.id ?? client), name: user.name.slice(0, 80), color: safeColor(user.color) },
		looking_at: looking && typeof looking.environment === 'string' ? looking : null,
		holding: typeof state.holding === 'string' ? state.holding : null,
		cursor: cursor && Number.isFinite(cursor.u) && Number.isFinite(cursor.v) ? cursor : null,
		idle: state.idle === true
	};
}

/** Colours go into styles: only plain CSS colour words, hex or functions of numbers pass. */
export function safeColor(color: unknown): string {
	return typeof color === 'string' && /^(#[0-9a-f]{3,8}|[a-z]{3,20}|(hsl|rgb|oklch)a?\([0-9.,%\s/deg]+\))$/i.test(color)
		? color
		: '#9a9a9a';
}

function readFarm(farm: unknown): FarmState {
	if (typeof farm !== 'object' || farm === null) return NO_FARM;
	const { jobs, previews } = farm as { jobs?: Record<string, Omit<FarmJob, 'id'>>; previews?: Record<string, Preview> };
	return {
		jobs: Object.fromEntries(Object.entries(jobs ?? {}).map(([id, job]) => [id, { ...job, id } as FarmJob])),
		previews: previews ?? {}
	};
}

// One visit to a project: its document, the people in it, the scene schema, and who one is here.

import { createContext } from 'svelte';
import { api, type Me, type Project } from '../api/client.ts';
import { Places } from '../scene/places.ts';
import { readSchema, type Parameter } from '../scene/schema.ts';
import { coversOf, writeCovers } from './covers.ts';
import { History } from './history.svelte.ts';
import { LiveDocument } from './live-document.svelte.ts';
import { FIRST_SLOT } from './names.ts';
import type { About } from './export.ts';
import { Presence } from './presence.svelte.ts';
import { ProjectDocument, type Environment } from './project.svelte.ts';

export class ProjectSession {
	readonly id: string;
	readonly me: Me;
	readonly live: LiveDocument;
	readonly document: ProjectDocument;
	readonly presence: Presence;
	/** What REST knows of the project; the document does not wait for it. */
	project = $state<Project | null>(null);
	parameters = $state<Parameter[]>([]);
	/** What kinds of place there are and what they are called. */
	readonly places = $derived(new Places(this.parameters));
	/** Links that let invited people in, by user; the server tells each one only once, so they stay for this visit. */
	sign_in_links = $state<Record<string, string>>({});
	/** Where the gallery was, so that coming back finds it as it was left. */
	gallery = $state({ search: '', tag: '', kind: '', archived: false, scroll: 0 });
	readonly #histories = new Map<string, History>();

	constructor(id: string, me: Me, server: string, confirmed?: Promise<string | null>) {
		this.id = id;
		this.me = me;
		this.live = new LiveDocument({
			server,
			project: id,
			kind: 'environments',
			user: me.id,
			confirmed,
			epoch: async () => (await api.project(id)).documents.environments?.epoch ?? 1
		});
		this.document = new ProjectDocument(this.live.doc, (what, change) => this.live.edit(what, change));
		this.presence = new Presence(this.live.awareness, me);
	}

	/** Viewers and reviewers may not edit environments, nor may anybody the server has turned away for good. */
	get may_edit(): boolean {
		const role = this.project?.role;
		if (this.live.turned_away) return false;
		return role === undefined || role === 'editor' || role === 'owner';
	}

	/** What stands beside the content in a file of this person's copy. */
	get about(): About {
		return {
			project: { id: this.id, name: this.project?.name ?? '' },
			document: this.live.kind,
			epoch: this.live.epoch,
			unsaved_changes: this.live.waiting
		};
	}

	async load(): Promise<void> {
		const [project, schema] = await Promise.all([api.project(this.id), api.sceneSchema()]);
		this.project = project;
		this.parameters = readSchema(schema);
	}

	/** Undo and redo of one environment; kept for the whole visit. */
	historyOf(environment: Environment): History | undefined {
		const map = environment.map;
		if (!map) return undefined;
		let history = this.#histories.get(environment.id);
		if (!history) {
			history = new History(map);
			this.#histories.set(environment.id, history);
		}
		return history;
	}

	/** Keep three pictures for the list of projects, which does not open documents. */
	keepCovers(): void {
		const covers = coversOf(this.document.environments.filter((e) => e.archived_at === null).map((e) => e.render(FIRST_SLOT)));
		if (covers.length) writeCovers(this.me.id, this.id, covers);
	}

	end(): void {
		for (const history of this.#histories.values()) history.close();
		this.presence.end();
		this.document.end();
		this.live.end();
	}
}

export const [getSession, setSession] = createContext<() => ProjectSession>();

/** `ws://host` of the page itself. */
export function socketServer(location: { protocol: string; host: string }): string {
	return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
}

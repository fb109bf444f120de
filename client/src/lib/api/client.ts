// The few questions this client asks over REST. Everything that is edited together goes through the document instead.
// The types are made from the server's OpenAPI file: `npm run types`.

import createClient from 'openapi-fetch';
import { PANO } from '../doc/names.ts';
import { offlineError, problemOf } from './problem.ts';
import type { components, paths } from './schema.gen.ts';

type Schemas = components['schemas'];

export type Me = Schemas['UserOut'];
export type Project = Schemas['ProjectOut'];
export type ProjectDetail = Schemas['ProjectDetail'];
export type Role = Project['role'];
export type Environment = Schemas['EnvironmentOut'];
export type Job = Schemas['JobOut'];
export type Accepted = Schemas['Accepted'];
export type Member = Schemas['MemberOut'];
export type NewMember = Schemas['NewMemberOut'];
export type Description = Schemas['DescriptionOut'];
export type Suggestion = Schemas['SuggestionOut'];
export type VariationType = NonNullable<Schemas['VariationsIn']['types']>[number];

const client = createClient<paths>({
	credentials: 'same-origin',
	// Looked up at each call, so that tests and the page's own wrappers are heard.
	fetch: (request) => globalThis.fetch(request)
});

/** The answer's body, or an ApiError in words: nothing else comes out of this file. */
async function taken<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
	let answer: { data?: T; error?: unknown; response: Response };
	try {
		answer = await asked;
	} catch {
		throw offlineError();
	}
	if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
	return answer.data as T;
}

export const api = {
	async me(): Promise<Me> {
		return (await taken(client.GET('/api/me'))).user;
	},
	async signIn(email: string, password: string): Promise<Me> {
		return (await taken(client.POST('/api/sign-in', { body: { email, password } }))).user;
	},
	async signOut(): Promise<void> {
		await taken(client.POST('/api/sign-out'));
	},
	async projects(): Promise<Project[]> {
		return (await taken(client.GET('/api/projects'))).projects;
	},
	async project(project_id: string): Promise<ProjectDetail> {
		return taken(client.GET('/api/projects/{project_id}', { params: { path: { project_id } } }));
	},
	async createProject(name: string): Promise<Project> {
		return taken(client.POST('/api/projects', { body: { name } }));
	},
	async members(project_id: string): Promise<Member[]> {
		return (await taken(client.GET('/api/projects/{project_id}/members', { params: { path: { project_id } } }))).members;
	},
	/** Take somebody in; whoever is new on this server gets a link that signs them in once. */
	async invite(project_id: string, email: string, name: string, role: Role): Promise<NewMember> {
		return taken(
			client.POST('/api/projects/{project_id}/members', {
				params: { path: { project_id } },
				body: { email, role, ...(name ? { name } : {}) }
			})
		);
	},
	async setRole(project_id: string, user_id: string, role: Role): Promise<Member> {
		return taken(
			client.PUT('/api/projects/{project_id}/members/{user_id}', { params: { path: { project_id, user_id } }, body: { role } })
		);
	},
	async dropMember(project_id: string, user_id: string): Promise<void> {
		await taken(client.DELETE('/api/projects/{project_id}/members/{user_id}', { params: { path: { project_id, user_id } } }));
	},
	async sceneSchema(): Promise<unknown> {
		return taken(client.GET('/api/scene-schema'));
	},
	/** What a description would make; another kind of place may be insisted on. */
	async describe(text: string, archetype?: string): Promise<Description> {
		return taken(client.POST('/api/describe', { body: { text, ...(archetype && { archetype }) } }));
	},
	async generate(environment_id: string, variation: string | undefined, camera: string): Promise<Accepted> {
		return taken(
			client.POST('/api/environments/{environment_id}/generate', {
				params: { path: { environment_id } },
				body: camera === PANO ? { variation, use_360: true } : { variation, camera, use_360: false }
			})
		);
	},
	async multiAngle(environment_id: string, variation: string | undefined, angles?: string[]): Promise<Accepted> {
		return taken(
			client.POST('/api/environments/{environment_id}/multi-angle', {
				params: { path: { environment_id } },
				body: { variation, angles }
			})
		);
	},
	async variations(environment_id: string, types: VariationType[], camera: string): Promise<Accepted> {
		return taken(
			client.POST('/api/environments/{environment_id}/variations', {
				params: { path: { environment_id } },
				body: { types, camera }
			})
		);
	},
	async environments(project_id: string): Promise<Environment[]> {
		return (await taken(client.GET('/api/projects/{project_id}/environments', { params: { path: { project_id } } }))).environments;
	},
	async jobs(project_id: string): Promise<Job[]> {
		return (
			await taken(client.GET('/api/projects/{project_id}/jobs', { params: { path: { project_id }, query: { limit: 50 } } }))
		).jobs;
	},
	async cancelJob(job_id: string): Promise<void> {
		await taken(client.DELETE('/api/jobs/{job_id}', { params: { path: { job_id } } }));
	},
	async retryJob(job_id: string): Promise<void> {
		await taken(client.POST('/api/jobs/{job_id}/retry', { params: { path: { job_id } } }));
	}
};

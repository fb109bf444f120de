// The few questions this client asks over REST. Everything that is edited together goes through the document instead.

import { offlineError, problemOf } from './problem.ts';

export type Role = 'viewer' | 'reviewer' | 'editor' | 'owner';

export interface Me {
	id: string;
	name: string;
	email: string | null;
	color: string;
}

export interface Project {
	id: string;
	name: string;
	role: Role;
	created_at: number;
	archived_at?: number | null;
	environment_count?: number;
}

export interface Job {
	id: string;
	environment_id: string;
	slot: string;
	lane: 'preview' | 'settled';
	tier: string;
	state: 'queued' | 'running' | 'done' | 'failed' | 'canceled' | 'superseded';
	progress: number;
	phase: string;
	error: string | null;
	created_at: number;
	finished_at: number | null;
}

export interface Accepted {
	batch: string;
	jobs: { job_id: string | null; slot: string; state: string; digest: string }[];
	job_ids: string[];
}

export type VariationType = 'time_of_day' | 'weather' | 'season';

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
	let response: Response;
	try {
		response = await fetch(path, {
			method,
			credentials: 'same-origin',
			headers: body === undefined ? {} : { 'content-type': 'application/json' },
			body: body === undefined ? undefined : JSON.stringify(body)
		});
	} catch {
		throw offlineError();
	}
	const text = await response.text();
	let value: unknown;
	try {
		value = text ? JSON.parse(text) : undefined;
	} catch {
		value = undefined;
	}
	if (!response.ok) throw problemOf(response.status, value);
	return value as T;
}

export const api = {
	async me(): Promise<Me> {
		return (await ask<{ user: Me }>('GET', '/api/me')).user;
	},
	async signIn(email: string, password: string): Promise<void> {
		await ask('POST', '/api/sign-in', { email, password });
	},
	async signOut(): Promise<void> {
		await ask('POST', '/api/sign-out');
	},
	async projects(): Promise<Project[]> {
		return (await ask<{ projects: Project[] }>('GET', '/api/projects')).projects;
	},
	async project(id: string): Promise<Project> {
		return ask('GET', `/api/projects/${id}`);
	},
	async createProject(name: string): Promise<Project> {
		return ask('POST', '/api/projects', { name });
	},
	async sceneSchema(): Promise<unknown> {
		return ask('GET', '/api/scene-schema');
	},
	async generate(environment: string, variation: string | undefined, camera: string): Promise<Accepted> {
		return ask('POST', `/api/environments/${environment}/generate`, { variation, camera });
	},
	async multiAngle(environment: string, variation: string | undefined, angles?: string[]): Promise<Accepted> {
		return ask('POST', `/api/environments/${environment}/multi-angle`, { variation, angles });
	},
	async variations(environment: string, types: VariationType[], camera: string): Promise<Accepted> {
		return ask('POST', `/api/environments/${environment}/variations`, { types, camera });
	},
	async jobs(project: string): Promise<Job[]> {
		return (await ask<{ jobs: Job[] }>('GET', `/api/projects/${project}/jobs?limit=50`)).jobs;
	},
	async cancelJob(job: string): Promise<void> {
		await ask('DELETE', `/api/jobs/${job}`);
	},
	async retryJob(job: string): Promise<void> {
		await ask('POST', `/api/jobs/${job}/retry`);
	}
};

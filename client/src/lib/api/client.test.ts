import { afterEach, describe, expect, it, vi } from 'vitest';
import { Account } from '../account.svelte.ts';
import { initials, readableOn } from '../components/people.ts';
import { api } from './client.ts';
import { sentence } from './problem.ts';

function answering(status: number, body?: unknown): void {
	vi.stubGlobal('fetch', () => Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })));
}

afterEach(() => {
	vi.unstubAllGlobals();
	localStorage.clear();
});

describe('asking the server', () => {
	it('turns a problem into a sentence that names the field', async () => {
		answering(422, { title: 'Invalid', status: 422, detail: 'The request is not valid.', errors: [{ field: 'name', message: 'must have 1 to 200 characters' }] });
		await expect(api.createProject('')).rejects.toThrow('name: must have 1 to 200 characters');
	});

	it('names the request of a crash, and calls a dead line a dead line', async () => {
		answering(500, { title: 'Internal error', status: 500, detail: 'Something broke here.', request_id: 'req_7' });
		expect(sentence(await api.projects().catch((e: unknown) => e))).toBe('Something broke here. (request req_7)');

		vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
		await expect(api.projects()).rejects.toMatchObject({ status: 0, is_offline: true });
	});

	it('takes an answer without a body', async () => {
		answering(204);
		await expect(api.signOut()).resolves.toBeUndefined();
	});
});

describe('the account', () => {
	const ana = { id: 'usr_ana', name: 'Ana', email: 'ana@example.com', color: '#e07050' };

	it('works offline as whoever was here last, and shows the door when the session has ended', async () => {
		const first = new Account();
		answering(200, { user: ana });
		await first.ask();
		expect([first.state, await first.confirmed]).toEqual(['signed-in', 'usr_ana']);

		vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
		const offline = new Account();
		await offline.ask();
		expect([offline.state, offline.me?.name, await offline.confirmed]).toEqual(['signed-in', 'Ana', null]);

		answering(401, { title: 'Sign in', status: 401, detail: 'Sign in first.' });
		const ended = new Account();
		await ended.ask();
		expect(ended.state).toBe('signed-out');
	});

	it('admits that nobody was here and the server is away', async () => {
		vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
		const account = new Account();
		await account.ask();
		expect(account.state).toBe('unreachable');
	});
});

it('people are drawn with ink that reads', () => {
	expect(initials('Ana María Ruiz')).toBe('AR');
	expect(initials('')).toBe('?');
	expect([readableOn('#ffee88'), readableOn('#203050')]).toEqual(['#101010', '#ffffff']);
});

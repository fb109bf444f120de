// What a reload without network needs: the app's shell, the pictures seen so far, and the last answers to the few
// questions a page asks at its start. Documents themselves lie in IndexedDB, not here.

import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';

const SHELL = `shell-${version}`;
const OBJECTS = 'objects';
const ANSWERS = 'answers';
const MOST_OBJECTS = 1500;
const PATIENCE_MS = 5000;

const ANSWERED = [/^\/api\/me$/, /^\/api\/projects$/, /^\/api\/projects\/[\w-]+$/, /^\/api\/scene-schema$/];

self.addEventListener('install', (event) => {
	const files = [...immutable, ...assets].map(({ path }) => absolute(path));
	event.waitUntil(
		caches
			.open(SHELL)
			.then((cache) => cache.addAll([...files, '/']))
			.then(() => self.skipWaiting())
	);
});

self.addEventListener('activate', (event) => {
	event.waitUntil(
		caches
			.keys()
			.then((names) => Promise.all(names.filter((n) => n.startsWith('shell-') && n !== SHELL).map((n) => caches.delete(n))))
			.then(() => self.clients.claim())
	);
});

self.addEventListener('message', (event) => {
	const message = event.data as { type?: string; urls?: string[] };
	if (message.type === 'forget') event.waitUntil(Promise.all([caches.delete(OBJECTS), caches.delete(ANSWERS)]));
	if (message.type === 'keep') event.waitUntil(Promise.all((message.urls ?? []).slice(0, 100).map(keep)));
});

self.addEventListener('fetch', (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method !== 'GET' || url.origin !== self.location.origin) return;
	const path = url.pathname;
	if (path.startsWith('/api/objects/')) {
		if (!request.headers.has('range')) event.respondWith(object(request));
	} else if (ANSWERED.some((pattern) => pattern.test(path))) event.respondWith(answer(request));
	else if (request.mode === 'navigate') {
		if (!/^\/(api|ws|sign-in|metrics|healthz|readyz)(\/|$)/.test(path)) event.respondWith(page(request));
	} else if (path.includes('/_app/') || path === '/icon.svg') event.respondWith(shell(request));
});

function absolute(path: string): string {
	return path.startsWith('/') ? path : `/${path}`;
}

/** Objects are named by their content: what is kept is never stale. */
async function object(request: Request): Promise<Response> {
	const cache = await caches.open(OBJECTS);
	const kept = await cache.match(request.url);
	if (kept) return kept;
	const response = await fetch(request);
	if (response.status === 200 && response.type !== 'opaque') {
		await cache.put(request.url, response.clone());
		void prune(cache);
	}
	return response;
}

async function prune(cache: Cache): Promise<void> {
	const keys = await cache.keys();
	await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_OBJECTS)).map((key) => cache.delete(key)));
}

/** The network's answer; the last one only when there is none. */
async function answer(request: Request): Promise<Response> {
	const cache = await caches.open(ANSWERS);
	try {
		const response = await fetch(request);
		if (response.ok) await cache.put(request.url, response.clone());
		else if (response.status === 401 || response.status === 403) await cache.delete(request.url);
		return response;
	} catch (error) {
		const kept = await cache.match(request.url);
		if (kept) return kept;
		throw error;
	}
}

async function page(request: Request): Promise<Response> {
	const cache = await caches.open(SHELL);
	try {
		const response = await Promise.race([fetch(request), late()]);
		if (response.status < 500) return response;
		return (await cache.match('/')) ?? response;
	} catch (error) {
		const kept = await cache.match('/');
		if (kept) return kept;
		throw error;
	}
}

function late(): Promise<never> {
	return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('the network took too long')), PATIENCE_MS));
}

async function shell(request: Request): Promise<Response> {
	return (await caches.match(request.url)) ?? fetch(request);
}

async function keep(url: string): Promise<void> {
	const request = new Request(url, { credentials: 'same-origin' });
	try {
		await (url.startsWith('/api/objects/') ? object(request) : answer(request));
	} catch {
		// no network just now: the next visit keeps it
	}
}

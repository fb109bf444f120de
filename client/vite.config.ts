// How the client is built (SvelteKit 3 keeps its settings here) and tested.
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

const server = process.env.CYCLORAMA_DEV_SERVER ?? 'http://127.0.0.1:8700';
const passed_on = { target: server, changeOrigin: false };

export default defineConfig({
	plugins: [
		sveltekit({
			adapter: adapter({ fallback: 'index.html' })
		}),
		svelteTesting()
	],
	server: {
		proxy: {
			'/api': passed_on,
			'/sign-in': passed_on,
			'/ws': { ...passed_on, ws: true }
		}
	},
	test: {
		environment: 'happy-dom',
		include: ['src/**/*.test.ts'],
		setupFiles: ['src/test-setup.ts'],
		testTimeout: 10_000
	}
});

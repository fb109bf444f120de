import { fireEvent, render, screen } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { About } from '../doc/export.ts';
import { LiveDocument } from '../doc/live-document.svelte.ts';
import { forgetCopiesOf } from '../doc/local-copy.ts';
import ConnectionChip from './ConnectionChip.svelte';
import Shell from './Shell.test.svelte';

let live: LiveDocument;
const about: About = { project: { id: 'prj_chip', name: 'Chip' }, document: 'environments', epoch: 1, unsaved_changes: 0 };

function chip(): HTMLElement {
	live = new LiveDocument({ server: 'ws://test', project: 'prj_chip', kind: 'environments', user: 'usr_chip', connect: false });
	render(Shell, { of: ConnectionChip, given: { session: { live, about } } });
	return screen.getByTestId('connection-chip');
}

afterEach(async () => {
	live.end();
	await forgetCopiesOf('usr_chip');
});

describe('the connection chip', () => {
	it('says in words and in attributes that one is offline and how much waits', async () => {
		const found = chip();
		await vi.waitFor(() => expect(live.kept).toBe(true));
		window.dispatchEvent(new Event('offline'));
		live.edit('env.name', () => live.doc.getMap('environments').set('a', 1));
		flushSync();

		expect(found.textContent?.trim()).toBe('Offline · 1 change waiting');
		expect(found.dataset).toMatchObject({ connection: 'offline', saved: 'unsaved', waiting: '1' });
	});

	it('names a refusal instead of pretending to reconnect', () => {
		const found = chip();
		live.refusal = { code: 4403, reason: 'G2: membership ended' };
		flushSync();

		expect(found.textContent?.trim()).toBe('Read only');
	});

	it('says at length what it means when pressed, and offers the copy', async () => {
		const found = chip();
		live.server = { failing_since_s: null, cut_off: true };
		await fireEvent.click(found);
		expect(screen.getByTestId('standing').textContent).toContain('The line to the server is being made.');
		expect(screen.getByTestId('download-json')).toBeTruthy();

		await fireEvent.keyDown(window, { key: 'Escape' });
		expect(screen.queryByTestId('standing')).toBeNull();
	});
});

import { render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveDocument } from '../doc/live-document.svelte.ts';
import ConnectionChip from './ConnectionChip.svelte';

let live: LiveDocument;

function aDocument(): LiveDocument {
	live = new LiveDocument({ server: 'ws://test', project: 'prj_chip', kind: 'environments', user: 'usr_chip', connect: false });
	return live;
}

afterEach(() => live.end());

describe('the connection chip', () => {
	it('says in words and in attributes that one is offline and how much waits', async () => {
		render(ConnectionChip, { live: aDocument() });
		window.dispatchEvent(new Event('offline'));
		live.edit('env.name', () => live.doc.getMap('environments').set('a', 1));

		const chip = await screen.findByText('Offline · 1 change waiting');
		expect(chip.closest('[data-testid=connection-chip]')?.getAttributeNames()).toEqual(
			expect.arrayContaining(['data-connection', 'data-saved', 'data-waiting', 'role'])
		);
		expect(screen.getByTestId('connection-chip').dataset).toMatchObject({ connection: 'offline', saved: 'unsaved', waiting: '1' });
	});

	it('names a refusal instead of pretending to reconnect', async () => {
		render(ConnectionChip, { live: aDocument() });
		live.refusal = { code: 4403, reason: 'G2: membership ended' };

		expect(await screen.findByText('Not allowed')).toBeTruthy();
	});
});

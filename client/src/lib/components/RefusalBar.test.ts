import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { About } from '../doc/export.ts';
import { LiveDocument } from '../doc/live-document.svelte.ts';
import { forgetCopiesOf, formerCopies } from '../doc/local-copy.ts';
import FormerCopies from './FormerCopies.svelte';
import RefusalBar from './RefusalBar.svelte';
import Shell from './Shell.test.svelte';

const about: About = { project: { id: 'prj_bar', name: 'Bar' }, document: 'environments', epoch: 1, unsaved_changes: 1 };
let live: LiveDocument;

function refusedWith(code: number, epoch = 1): { reloaded: () => number } {
	live = new LiveDocument({
		server: 'ws://test', project: 'prj_bar', kind: 'environments', user: 'usr_bar', connect: false, epoch: () => Promise.resolve(epoch)
	});
	live.edit('env_a.name', () => live.doc.getMap('environments').set('env_a', 1));
	live.refusal = { code, reason: '' };
	const onreload = vi.fn();
	render(Shell, { of: RefusalBar, given: { session: { live, about }, refusal: live.refusal, onreload } });
	return { reloaded: () => onreload.mock.calls.length };
}

afterEach(async () => {
	live.end();
	await forgetCopiesOf('usr_bar');
});

describe('the refusal bar', () => {
	it('after a restoration says so, counts what is only here, and keeps the copy when one goes on', async () => {
		const { reloaded } = refusedWith(4409, 2);
		const bar = screen.getByTestId('refusal');
		expect(bar.textContent).toContain('environments were restored to an earlier state');
		expect(bar.textContent).toContain('1 change of yours had not reached the server');
		expect(screen.getByTestId('download-yjs')).toBeTruthy();

		await fireEvent.click(screen.getByText('Go on with the restored version'));
		await vi.waitFor(() => expect(reloaded()).toBe(1));
		expect(formerCopies(live.base)).toMatchObject([{ waiting: 1, code: 4409 }]);
	});

	it('asks twice before a former copy with unsaved changes is discarded', async () => {
		refusedWith(4409, 2);
		await fireEvent.click(screen.getByTestId('go-on'));
		await vi.waitFor(() => expect(formerCopies(live.base)).toHaveLength(1));
		render(Shell, { of: FormerCopies, given: { session: { live, about } } });

		await fireEvent.click(screen.getByText('Discard'));
		expect(formerCopies(live.base)).toHaveLength(1);
		await fireEvent.click(screen.getByText('Discard 1 change for good'));
		await vi.waitFor(() => expect(screen.queryByTestId('former-copy')).toBeNull());
		expect(formerCopies(live.base)).toEqual([]);
	});

	it('offers to set the copy aside when a change was too large, and waits visibly when it was too fast', () => {
		refusedWith(4413);
		expect(screen.getByText('Set my copy aside and load again')).toBeTruthy();
		expect(screen.queryByText('Try again')).toBeNull();
	});
});

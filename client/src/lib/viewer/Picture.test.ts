import { fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet, tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Shown } from '../render/picture.ts';
import Picture from './Picture.svelte';

const props = {
	shown: undefined as Shown | undefined,
	under: undefined,
	film: { width: 768, height: 768 },
	framed: true,
	progress: { state: 'idle' as const },
	stale: false,
	offline: false,
	alt: 'Ridge: Wide establishing',
	people: [],
	onpoint: () => {},
	onretry: () => {}
};
const settled = (object: string): Shown => ({ kind: 'settled', object, width: 768, height: 768 });
const preview = (object: string): Shown => ({ kind: 'preview', object, width: 512, height: 288 });

let decoded: Map<string, () => void>;

beforeEach(() => {
	decoded = new Map();
	vi.stubGlobal(
		'Image',
		class {
			src = '';
			decode(): Promise<void> {
				return new Promise((resolve) => decoded.set(this.src.split('/').at(-1) as string, resolve));
			}
		}
	);
	// happy-dom lays nothing out: give the stage a size.
	vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000);
	vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

async function arrive(object: string): Promise<void> {
	await vi.waitFor(() => expect(decoded.has(object)).toBe(true));
	decoded.get(object)?.();
	await tick();
	await tick();
}

describe('the picture', () => {
	it('stays until the next one is decoded, and then says which it is', async () => {
		const { rerender } = render(Picture, { ...props, shown: settled('aa') });
		await arrive('aa');
		expect(screen.getByTestId('picture').dataset).toMatchObject({ kind: 'settled', object: 'aa' });

		await rerender({ ...props, shown: preview('bb') });
		expect(screen.getByTestId('picture').dataset).toMatchObject({ kind: 'settled', object: 'aa' });

		await arrive('bb');
		expect(screen.getByTestId('picture').dataset).toMatchObject({ kind: 'preview', object: 'bb' });
		expect(screen.getByTestId('picture').getAttribute('src')).toBe('/api/objects/bb');
	});

	it('lets only the newest of several take its place', async () => {
		const { rerender } = render(Picture, { ...props, shown: settled('aa') });
		await arrive('aa');
		await rerender({ ...props, shown: preview('bb') });
		await rerender({ ...props, shown: preview('cc') });

		await arrive('cc');
		await arrive('bb');

		expect(screen.getByTestId('picture').dataset.object).toBe('cc');
	});

	it('tells what the farm does, and offers another try after a failure', async () => {
		const onretry = vi.fn();
		const { rerender } = render(Picture, {
			...props,
			progress: { state: 'working', progress: 0.42, phase: 'Raising the land', job: 'job_1' }
		});
		expect(screen.getByTestId('render-progress').textContent).toContain('Raising the land · 42 %');

		await rerender({ ...props, progress: { state: 'failed', error: 'The camera stands inside the mountain.' }, onretry });
		screen.getByRole('button', { name: 'Try again' }).click();
		expect(onretry).toHaveBeenCalled();
	});

	it('of another angle does not stand in for one that has none and gets none', async () => {
		const empty = createRawSnippet(() => ({ render: () => '<p>Not rendered yet</p>' }));
		const { rerender } = render(Picture, { ...props, shown: settled('aa'), empty });
		await arrive('aa');

		await rerender({ ...props, shown: undefined, progress: { state: 'working', progress: 0, phase: 'Waiting', job: null } });
		expect(screen.getByTestId('picture').dataset.object).toBe('aa');

		await rerender({ ...props, shown: undefined, progress: { state: 'idle' } });
		await screen.findByText('Not rendered yet');
		expect(screen.queryByTestId('picture')).toBeNull();
	});

	it('leaves a press on a button over it to the button', async () => {
		const capture = vi.fn();
		HTMLElement.prototype.setPointerCapture = capture;
		render(Picture, { ...props, progress: { state: 'failed', error: 'It stands inside a mountain.' } });

		await fireEvent.pointerDown(screen.getAllByText('Try again')[0] as HTMLElement, { pointerId: 1, button: 0 });
		expect(capture).not.toHaveBeenCalled();
		await fireEvent.pointerDown(screen.getByTestId('stage'), { pointerId: 1, button: 0 });
		expect(capture).toHaveBeenCalledOnce();
	});
});

import { describe, expect, it } from 'vitest';
import type { FarmState, Preview, Render } from '../doc/records.ts';
import { Latest, progressOf, thumb } from './picture.ts';

const settled = (image: string, finished_at: number): Render => ({ state: 'done', image, digest: image, finished_at, width: 768, height: 768 });
const preview = (image: string, at: number): Preview => ({ image, width: 512, height: 288, at });

describe('the picture of a slot', () => {
	it('is what arrived last, whatever the machines think the time is', () => {
		const latest = new Latest();
		expect(latest.choose(settled('a', 100), undefined)?.object).toBe('a');
		expect(latest.choose(settled('a', 100), preview('p', 5))).toMatchObject({ kind: 'preview', object: 'p' });
		expect(latest.choose(settled('b', 101), preview('p', 5))).toMatchObject({ kind: 'settled', object: 'b' });
		expect(latest.choose(settled('b', 101), preview('q', 6))?.object).toBe('q');
	});

	it('at first sight prefers the later one, and never shows nothing while there is something', () => {
		expect(new Latest().choose(settled('a', 100), preview('p', 90))?.kind).toBe('settled');
		expect(new Latest().choose(settled('a', 100), preview('p', 110))?.kind).toBe('preview');
		const latest = new Latest();
		latest.choose(settled('a', 100), preview('p', 110));
		expect(latest.choose(settled('a', 100), undefined)?.object).toBe('a');
		expect(latest.choose({ state: 'queued' }, undefined)).toBeUndefined();
	});

	it('takes the smallest thumbnail that is large enough', () => {
		const render: Render = { state: 'done', image: 'full', thumbs: { '128': 's', '256': 'm', '512': 'l' } };
		expect([thumb(render, 100), thumb(render, 200), thumb(render, 900)]).toEqual(['s', 'm', 'l']);
		expect(thumb({ state: 'done', image: 'full' }, 200)).toBe('full');
	});

	it('knows what the farm does with it', () => {
		const farm: FarmState = {
			jobs: { j1: { id: 'j1', environment: 'e', slot: 's', lane: 'settled', state: 'running', progress: 0.4, phase: 'building the land' } },
			previews: {}
		};
		expect(progressOf(undefined, farm, 'e', 's')).toEqual({ state: 'working', progress: 0.4, phase: 'Building the land', job: 'j1' });
		expect(progressOf({ state: 'failed', error: 'too deep' }, farm, 'e', 't')).toEqual({ state: 'failed', error: 'too deep' });
		expect(progressOf({ state: 'done' }, farm, 'e', 't')).toEqual({ state: 'idle' });
	});

	it('says of a camera in a mountain where it stands, not which field is wrong', () => {
		const error = 'camera.position_m: stands inside something solid, nothing free nearby; move it into the open';
		const progress = progressOf({ state: 'failed', error }, { jobs: {}, previews: {} }, 'env_1', 'base/cam_1');
		expect(progress).toEqual({ state: 'failed', error: 'The camera stands inside something solid, nothing free nearby; move it into the open' });
	});
});

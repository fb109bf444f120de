// Which picture of a slot to show: the settled one, or the quick preview of something newer.

import type { FarmJob, FarmState, Preview, Render } from '../doc/records.ts';
import { toSeconds } from '../doc/seconds.ts';

export interface Shown {
	kind: 'settled' | 'preview';
	object: string;
	width: number;
	height: number;
}

/** Where a picture's bytes are; the id is its content, so the address never goes stale. */
export function objectUrl(object: string): string {
	return `/api/objects/${object}`;
}

/** The smallest thumbnail at least so many pixels wide, or the picture itself. */
export function thumb(render: Render | undefined, width_px: number): string | undefined {
	const sizes = Object.entries(render?.thumbs ?? {})
		.map(([width, id]) => ({ width: Number(width), id }))
		.sort((a, b) => a.width - b.width);
	return (sizes.find((s) => s.width >= width_px) ?? sizes.at(-1))?.id ?? render?.image;
}

/** Remembers, for one slot, which of the two arrived last: times from different machines need not agree. */
export class Latest {
	#settled: string | undefined;
	#preview: string | undefined;
	#kind: 'settled' | 'preview' | undefined;

	choose(render: Render | undefined, preview: Preview | undefined): Shown | undefined {
		const first = this.#kind === undefined;
		const settled_came = render?.image !== undefined && key(render) !== this.#settled;
		const preview_came = preview !== undefined && preview.image !== this.#preview;
		this.#settled = render?.image === undefined ? undefined : key(render);
		this.#preview = preview?.image;
		if (first && settled_came && preview_came) {
			this.#kind = (preview.at ?? 0) > toSeconds(render.finished_at) ? 'preview' : 'settled';
		} else if (settled_came) this.#kind = 'settled';
		else if (preview_came) this.#kind = 'preview';
		if (this.#kind === 'preview' && preview) return shownPreview(preview);
		if (render?.image) {
			return { kind: 'settled', object: render.image, width: render.width ?? 768, height: render.height ?? 768 };
		}
		return preview ? shownPreview(preview) : undefined;
	}
}

function key(render: Render): string {
	return `${render.image} ${render.digest} ${render.finished_at}`;
}

function shownPreview(preview: Preview): Shown {
	return { kind: 'preview', object: preview.image, width: preview.width, height: preview.height };
}

export type Progress =
	| { state: 'idle' }
	| { state: 'working'; progress: number; phase: string; job: string | null }
	| { state: 'failed'; error: string };

/** What is happening to a slot's settled picture. */
export function progressOf(render: Render | undefined, farm: FarmState, environment: string, slot: string): Progress {
	const job = settledJob(farm, environment, slot);
	if (job) return { state: 'working', progress: job.progress ?? 0, phase: phaseWords(job), job: job.id };
	if (render?.state === 'queued') return { state: 'working', progress: 0, phase: 'Waiting for the farm', job: null };
	if (render?.state === 'failed') return { state: 'failed', error: errorWords(render.error) };
	return { state: 'idle' };
}

/** The farm names the field at fault; people see a camera. */
function errorWords(error: string | undefined): string {
	const words = (error ?? '').replace(/^camera\.position_m: /, 'The camera ');
	return words || 'The render failed.';
}

function settledJob(farm: FarmState, environment: string, slot: string): FarmJob | undefined {
	return Object.values(farm.jobs).find(
		(j) =>
			j.environment === environment && j.slot === slot && j.lane === 'settled' && (j.state === 'queued' || j.state === 'running')
	);
}

/** What the farm does with a job, as a sentence begins. */
export function phaseWords(job: FarmJob): string {
	// The engine has done its part; the picture is yet to be kept.
	if (job.phase === 'done') return 'Storing the picture';
	if (job.phase) return job.phase.charAt(0).toUpperCase() + job.phase.slice(1);
	return job.state === 'queued' ? 'Waiting for the farm' : 'Rendering';
}

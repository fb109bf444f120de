// The keys of the environment room; `KEY_MAP` in keys.ts is what people are told of them.

import { isTyping, usesArrows } from '../keys.ts';

export interface RoomActs {
	undo: () => void;
	redo: () => void;
	turnAngle: (by: 1 | -1) => void;
	turnVariation: (by: 1 | -1) => void;
	turnPlace: (by: 1 | -1) => void;
	zoom: (factor: number) => void;
	fit: () => void;
	actual: () => void;
	frame: () => void;
	alone: () => void;
	/** Only while nothing but the picture shows: Escape means other things otherwise. */
	leaveAlone: (() => void) | undefined;
	peek: () => void;
	jobs: () => void;
	camera: () => void;
	gallery: () => void;
}

/** Do what a key asks for, if it asks for anything here and now. */
export function roomKey(event: KeyboardEvent, acts: RoomActs): void {
	if (event.defaultPrevented || document.querySelector('dialog[open]') || isTyping(event.target)) return;
	const act = event.ctrlKey || event.metaKey ? command(event, acts) : event.altKey ? undefined : plain(event, acts);
	if (!act) return;
	event.preventDefault();
	act();
}

function command(event: KeyboardEvent, acts: RoomActs): (() => void) | undefined {
	const key = event.key.toLowerCase();
	if (key === 'z') return event.shiftKey ? acts.redo : acts.undo;
	return key === 'y' ? acts.redo : undefined;
}

function plain(event: KeyboardEvent, acts: RoomActs): (() => void) | undefined {
	if (event.key.startsWith('Arrow') && usesArrows(event.target)) return;
	const held: Record<string, () => void> = {
		ArrowRight: () => acts.turnAngle(1),
		ArrowLeft: () => acts.turnAngle(-1),
		ArrowDown: () => acts.turnVariation(1),
		ArrowUp: () => acts.turnVariation(-1),
		'+': () => acts.zoom(1.25),
		'=': () => acts.zoom(1.25),
		'-': () => acts.zoom(0.8)
	};
	const once: Record<string, (() => void) | undefined> = {
		'0': acts.fit,
		'1': acts.actual,
		'[': () => acts.turnPlace(-1),
		']': () => acts.turnPlace(1),
		f: acts.frame,
		h: acts.alone,
		x: acts.peek,
		j: acts.jobs,
		c: acts.camera,
		g: acts.gallery,
		Escape: acts.leaveAlone
	};
	return held[event.key] ?? (event.repeat ? undefined : once[event.key]);
}

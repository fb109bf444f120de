import { afterEach, describe, expect, it, vi } from 'vitest';
import { roomKey, type RoomActs } from './room-keys.ts';

const NAMES = ['undo', 'redo', 'turnAngle', 'turnVariation', 'turnPlace', 'zoom', 'fit', 'actual', 'frame', 'alone', 'leaveAlone', 'peek', 'jobs', 'camera', 'gallery'] as const;

function pressing(key: string, more: KeyboardEventInit = {}, target: HTMLElement = document.body): string[] {
	const done: string[] = [];
	const acts = Object.fromEntries(NAMES.map((name) => [name, (by?: number) => done.push(by === undefined ? name : `${name} ${by}`)])) as unknown as RoomActs;
	const listen = (event: KeyboardEvent): void => roomKey(event, acts);
	window.addEventListener('keydown', listen);
	document.body.append(...(target === document.body ? [] : [target]));
	target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
	window.removeEventListener('keydown', listen);
	return done;
}

afterEach(() => {
	document.body.replaceChildren();
	vi.restoreAllMocks();
});

describe('the keys of the room', () => {
	it('turn angles, variations and places', () => {
		expect([...pressing('ArrowRight'), ...pressing('ArrowUp'), ...pressing('[')]).toEqual(['turnAngle 1', 'turnVariation -1', 'turnPlace -1']);
	});

	it('undo and redo, also by Ctrl Y', () => {
		expect(pressing('z', { ctrlKey: true })).toEqual(['undo']);
		expect(pressing('Z', { metaKey: true, shiftKey: true })).toEqual(['redo']);
		expect(pressing('y', { ctrlKey: true })).toEqual(['redo']);
	});

	it('leave typing, dialogs and controls alone', () => {
		expect(pressing('f', {}, document.createElement('input'))).toEqual([]);
		expect(pressing('z', { ctrlKey: true }, document.createElement('textarea'))).toEqual([]);
		const ring = document.createElement('div');
		ring.setAttribute('role', 'slider');
		expect(pressing('ArrowRight', {}, ring)).toEqual([]);
		expect(pressing('f', {}, ring)).toEqual(['frame']);
		const dialog = document.createElement('dialog');
		dialog.setAttribute('open', '');
		expect(pressing('f', {}, dialog)).toEqual([]);
	});

	it('held down, only turn and zoom again', () => {
		expect(pressing('ArrowRight', { repeat: true })).toEqual(['turnAngle 1']);
		expect(pressing('x', { repeat: true })).toEqual([]);
		expect(pressing('c', { ctrlKey: true })).toEqual([]);
	});
});

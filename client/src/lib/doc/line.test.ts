import { describe, expect, it } from 'vitest';
import { chipText, lineOf, PATIENCE_MS, savedOf } from './line.ts';

const trying = { network: true, synced: false, lost_at_ms: 1000, refusal: null };

describe('the line tells the truth', () => {
	it('is live only after the first exchange of state', () => {
		expect(lineOf({ ...trying, synced: true }, 1000)).toBe('live');
		expect(lineOf(trying, 1000)).toBe('reconnecting');
	});

	it('admits to be offline when trying takes too long, the network is gone, or the server refused', () => {
		expect(lineOf(trying, 1000 + PATIENCE_MS + 1)).toBe('offline');
		expect(lineOf({ ...trying, network: false }, 1000)).toBe('offline');
		expect(lineOf({ ...trying, synced: true, refusal: { code: 4403, reason: 'G1' } }, 1000)).toBe('offline');
	});

	it('never calls a change saved that waits', () => {
		expect(savedOf('live', 0, false)).toBe('saved');
		expect(savedOf('live', 1, false)).toBe('saving');
		expect(savedOf('live', 1, true)).toBe('unsaved');
		expect(savedOf('offline', 3, false)).toBe('unsaved');
		expect(savedOf('reconnecting', 3, false)).toBe('unsaved');
	});

	it('counts in words', () => {
		expect(chipText('offline', 'unsaved', 1, true)).toBe('Offline · 1 change waiting');
		expect(chipText('offline', 'unsaved', 4, true)).toBe('Offline · 4 changes waiting');
		expect(chipText('reconnecting', 'saved', 0, true)).toBe('Reconnecting…');
		expect(chipText('live', 'saved', 0, true)).toBe('Live · saved');
	});
});

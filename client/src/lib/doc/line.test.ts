import { describe, expect, it } from 'vitest';
import { chipShort, chipText, lineOf, PATIENCE_MS, savedOf, standingSentences, type Standing } from './line.ts';

const trying = { network: true, synced: false, lost_at_ms: 1000, refused: false };
const well: Standing = {
	line: 'live', saved: 'saved', waiting: 0, ever_live: true, failing_since_s: null, cut_off: false, busy: false, kept: true
};

describe('the line tells the truth', () => {
	it('is live only after the first exchange of state', () => {
		expect(lineOf({ ...trying, synced: true }, 1000)).toBe('live');
		expect(lineOf(trying, 1000)).toBe('reconnecting');
	});

	it('admits to be offline when trying takes too long, the network is gone, or the server refused', () => {
		expect(lineOf(trying, 1000 + PATIENCE_MS + 1)).toBe('offline');
		expect(lineOf({ ...trying, network: false }, 1000)).toBe('offline');
		expect(lineOf({ ...trying, synced: true, refused: true }, 1000)).toBe('offline');
	});

	it('never calls a change saved that waits, and everybody hears when the server cannot store', () => {
		expect(savedOf('live', 0, false)).toBe('saved');
		expect(savedOf('live', 1, false)).toBe('saving');
		expect(savedOf('live', 1, true)).toBe('unsaved');
		expect(savedOf('live', 0, true)).toBe('unsaved');
		expect(savedOf('offline', 3, false)).toBe('unsaved');
		expect(savedOf('reconnecting', 3, false)).toBe('unsaved');
	});

	it.each<[Partial<Standing>, string]>([
		[{}, 'Live · saved'],
		[{ saved: 'saving', waiting: 1 }, 'Saving…'],
		[{ saved: 'unsaved', waiting: 1, failing_since_s: 5 }, 'Not saved · 1 change'],
		[{ saved: 'unsaved', waiting: 4, failing_since_s: 5 }, 'Not saved · 4 changes'],
		[{ saved: 'unsaved', failing_since_s: 5 }, 'Server is not saving'],
		[{ line: 'offline', saved: 'unsaved', waiting: 1 }, 'Offline · 1 change waiting'],
		[{ line: 'offline', saved: 'unsaved', waiting: 4 }, 'Offline · 4 changes waiting'],
		[{ line: 'offline', saved: 'unsaved', waiting: 4, kept: false }, 'Offline · 4 changes only in this tab'],
		[{ line: 'offline' }, 'Offline'],
		[{ line: 'reconnecting' }, 'Reconnecting…'],
		[{ line: 'reconnecting', ever_live: false }, 'Connecting…'],
		[{ line: 'reconnecting', busy: true, waiting: 2 }, 'Server busy · 2 changes waiting'],
		[{ cut_off: true }, 'Saved · cut off']
	])('counts in words: %j', (so, text) => {
		expect(chipText({ ...well, ...so })).toBe(text);
	});

	it.each<[Partial<Standing>, string]>([
		[{ saved: 'unsaved', waiting: 4, failing_since_s: 5 }, 'Not saved · 4'],
		[{ line: 'offline', saved: 'unsaved', waiting: 4 }, 'Offline · 4'],
		[{ line: 'reconnecting', busy: true, waiting: 2 }, 'Busy · 2'],
		[{ cut_off: true }, 'Cut off']
	])('keeps the number where there is little room: %j', (so, text) => {
		expect(chipShort({ ...well, ...so })).toBe(text);
	});

	it('says that a tab may be closed only when this device keeps what waits', () => {
		const away: Standing = { ...well, line: 'offline', saved: 'unsaved', waiting: 3 };
		expect(standingSentences(away).join(' ')).toContain('Your last 3 changes are kept on this device and go to the server by themselves. You may close this tab.');
		expect(standingSentences({ ...away, kept: false }).join(' ')).toContain('leave this tab open');
		expect(standingSentences({ ...away, waiting: 0, saved: 'saved' }).join(' ')).not.toContain('tab');
	});

	it('says who does not see what while the server has lost the others', () => {
		expect(standingSentences({ ...well, cut_off: true })).toEqual([
			'Everything you did is stored on the server.',
			expect.stringContaining('people connected elsewhere do not see your changes right now')
		]);
	});
});

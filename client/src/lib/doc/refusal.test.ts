import { describe, expect, it, vi } from 'vitest';
import { Countdown } from './countdown.svelte.ts';
import { explain, passes, pause_s } from './refusal.ts';

describe('a refusal', () => {
	it.each([
		[4400, 'reload'],
		[4403, 'download'],
		[4404, 'leave'],
		[4409, 'go-on'],
		[4413, 'set-aside'],
		[4429, 'retry'],
		[4450, 'retry']
	] as const)('%i says what happened and what one can do: %s', (code, way) => {
		const said = explain({ code, reason: '' }, 0);
		expect(said.title.length).toBeGreaterThan(5);
		expect(said.detail).toMatch(/[.]$/);
		expect(said.ways).toContain(way);
	});

	it('counts the changes that are nowhere else, and offers to keep them before it offers to go on', () => {
		for (const code of [4403, 4409, 4413]) {
			const said = explain({ code, reason: 'G1' }, 3);
			expect(said.detail).toContain('3 changes of yours');
			expect(said.ways[0]).toBe('download');
			expect(said.ways.length).toBeGreaterThan(1);
		}
		expect(explain({ code: 4409, reason: '' }, 1).detail).toContain('1 change of yours had not reached the server and is only here.');
	});

	it('passes only when it was for speed', () => {
		expect([4400, 4401, 4403, 4404, 4409, 4413].some((code) => passes({ code, reason: '' }))).toBe(false);
		expect(passes({ code: 4429, reason: '' })).toBe(true);
		expect([0, 1, 2, 9].map(pause_s)).toEqual([10, 20, 40, 160]);
	});

	it('counts down where one can see it, and longer the next time', () => {
		vi.useFakeTimers();
		const countdown = new Countdown();
		const run = vi.fn();
		countdown.begin(0, run);
		expect(countdown.left_s).toBe(10);
		vi.advanceTimersByTime(4000);
		expect(countdown.left_s).toBe(6);
		vi.advanceTimersByTime(6000);
		expect([run.mock.calls.length, countdown.left_s]).toEqual([1, null]);

		countdown.begin(500, run);
		expect(countdown.left_s).toBe(20);
		countdown.begin(120_000, run);
		expect(countdown.left_s).toBe(10);
		countdown.stop();
		vi.advanceTimersByTime(60_000);
		expect(run).toHaveBeenCalledTimes(1);
		vi.useRealTimers();
	});
});

import { describe, expect, it, vi } from 'vitest';
import { ALL_WELL, hearStanding } from './server-standing.ts';

describe('what the server says about itself', () => {
	it('keeps what a message leaves out', () => {
		const failing = hearStanding(ALL_WELL, '{"saving":"failing","since":1700000000.5}', 1);
		const both = hearStanding(failing, '{"relay":"cut_off"}', 2);
		expect(both).toEqual({ failing_since_s: 1700000000.5, cut_off: true });
		expect(hearStanding(both, '{"saving":"ok"}', 3)).toEqual({ failing_since_s: null, cut_off: true });
		expect(hearStanding(both, '{"relay":"ok"}', 3)).toEqual({ failing_since_s: 1700000000.5, cut_off: false });
	});

	it('is not moved by nonsense', () => {
		const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
		for (const text of ['', 'no json', 'null', '[]', '{"saving":7,"relay":{}}']) {
			expect(hearStanding(ALL_WELL, text, 1)).toEqual(ALL_WELL);
		}
		expect(warned).toHaveBeenCalled();
		warned.mockRestore();
	});
});

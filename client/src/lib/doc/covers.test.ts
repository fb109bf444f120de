import { beforeEach, describe, expect, it } from 'vitest';
import { coversOf, readCovers, writeCovers } from './covers.ts';

const object = (digit: string): string => digit.repeat(64);

describe('covers of a project', () => {
	beforeEach(() => localStorage.clear());

	it('are the first three places that have a picture, in the size nearest above a card', () => {
		const found = coversOf([
			{ state: 'done', thumbs: { 128: object('a'), 512: object('b'), 1024: object('c') } },
			undefined,
			{ state: 'queued' },
			{ state: 'done', image: object('d') },
			{ state: 'done', image: object('e') },
			{ state: 'done', image: object('f') }
		]);

		expect(found).toEqual([object('b'), object('d'), object('e')]);
	});

	it('are remembered per person, and anything that is no object is left out', () => {
		writeCovers('usr_ana', 'prj_a', [object('a'), 'https://example.com/a.png']);

		expect(readCovers('usr_ana', 'prj_a')).toEqual([object('a')]);
		expect(readCovers('usr_ben', 'prj_a')).toEqual([]);
	});
});

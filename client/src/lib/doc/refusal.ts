// What the server said when it closed the line for good (4400–4499), in words, and what one can do about it. Pure.

import { changes } from './line.ts';

/** The server closed the socket for good: a code of 4400–4499 and why. */
export interface Refusal {
	code: number;
	reason: string;
}

/**
 * What one can do: `go-on` leaves this copy for the history the server has now, `set-aside` leaves it for the server's
 * own state; both keep it on the device.
 */
export type Way = 'download' | 'go-on' | 'set-aside' | 'retry' | 'reload' | 'leave';

export interface Explained {
	title: string;
	detail: string;
	ways: Way[];
}

export const SIGN_IN = 4401;
export const ANOTHER_HISTORY = 4409;
export const TOO_FAST = 4429;

/** Too fast is the one refusal that time mends. */
export function passes(refusal: Refusal): boolean {
	return refusal.code === TOO_FAST;
}

const FIRST_PAUSE_S = 10;
const LONGEST_PAUSE_S = 160;

/** How long to wait after the `nth` refusal in a row (from 0) before trying again by oneself. */
export function pause_s(nth: number): number {
	return Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** nth);
}

export function explain(refusal: Refusal, waiting: number): Explained {
	const because = refusal.reason ? `: ${refusal.reason}` : '';
	const unsaved = waiting ? ` ${unsavedWords(waiting)}` : '';
	switch (refusal.code) {
		case 4400:
			return {
				title: 'This page and the server do not understand each other',
				detail: `Reload it: it may be older than the server.${unsaved}`,
				ways: ['download', 'reload']
			};
		case SIGN_IN:
			return { title: 'Please sign in again', detail: `Your visit has ended.${unsaved}`, ways: [] };
		case 4403:
			return {
				title: 'Not allowed',
				detail: `The server refused${because}. An owner of the project can change what you may do.${unsaved}`,
				ways: waiting ? ['download', 'set-aside', 'retry'] : ['download', 'retry']
			};
		case 4404:
			return {
				title: 'This project is gone, or no longer open to you',
				detail: `Its owner can tell you more. Your copy stays on this device.${unsaved}`,
				ways: ['download', 'leave']
			};
		case ANOTHER_HISTORY:
			return {
				title: 'This project’s environments were restored to an earlier state',
				detail: `You see your own copy from before, which cannot be merged with it.${
					waiting ? ` ${changes(waiting)} of yours had not reached the server and ${waiting === 1 ? 'is' : 'are'} only here.` : ''
				}`,
				ways: ['download', 'go-on']
			};
		case 4413:
			return {
				title: 'Too large for the server',
				detail: `It does not take a change of this size${because}. Go on without it and do it in smaller steps.${unsaved}`,
				ways: ['download', 'set-aside']
			};
		case TOO_FAST:
			return {
				title: 'Too many changes at once',
				detail: `The server asks this browser to slow down. Go on working: what you change waits here until the line is back.`,
				ways: ['retry']
			};
		default:
			return {
				title: 'The server ended the connection',
				detail: `Code ${refusal.code}${because}. Try again; if it stays, tell who runs the server.${unsaved}`,
				ways: ['download', 'retry']
			};
	}
}

function unsavedWords(waiting: number): string {
	return `${changes(waiting)} of yours ${waiting === 1 ? 'has' : 'have'} not reached the server and ${waiting === 1 ? 'waits' : 'wait'} on this device.`;
}

// The truth about the line to the server, from a few facts. Pure: the chip shows exactly this.

export type Line = 'live' | 'offline' | 'reconnecting';
export type Saved = 'saved' | 'saving' | 'unsaved';

/** The server closed the socket for good: a code of 4400–4499 and why. */
export interface Refusal {
	code: number;
	reason: string;
}

export interface LineFacts {
	/** The browser believes it has a network. */
	network: boolean;
	/** The socket is open and the first exchange of state is done. */
	synced: boolean;
	/** When the line was last lost (or first tried), in milliseconds; null while it is live. */
	lost_at_ms: number | null;
	refusal: Refusal | null;
}

/** Trying is called "reconnecting" for this long; then it is honest to say "offline", though we keep trying. */
export const PATIENCE_MS = 6000;

export function lineOf(facts: LineFacts, now_ms: number): Line {
	if (facts.refusal || !facts.network) return 'offline';
	if (facts.synced) return 'live';
	if (facts.lost_at_ms !== null && now_ms - facts.lost_at_ms > PATIENCE_MS) return 'offline';
	return 'reconnecting';
}

export function savedOf(line: Line, waiting: number, server_is_failing: boolean): Saved {
	if (waiting === 0) return 'saved';
	return line === 'live' && !server_is_failing ? 'saving' : 'unsaved';
}

/** What the chip says in words. */
export function chipText(line: Line, saved: Saved, waiting: number, ever_live: boolean): string {
	const changes = `${waiting} ${waiting === 1 ? 'change' : 'changes'}`;
	if (line === 'live') {
		if (saved === 'unsaved') return `Not saved · ${changes}`;
		return saved === 'saving' ? 'Saving…' : 'Live · saved';
	}
	if (line === 'offline') return waiting ? `Offline · ${changes} waiting` : 'Offline';
	const trying = ever_live ? 'Reconnecting…' : 'Connecting…';
	return waiting ? `${trying} ${changes} waiting` : trying;
}

/** A refusal in words: what happened and what one can do. */
export function refusalText(refusal: Refusal): { title: string; detail: string } {
	const because = refusal.reason ? ` (${refusal.reason})` : '';
	switch (refusal.code) {
		case 4401:
			return { title: 'Please sign in again', detail: 'Your session has ended. Your changes wait on this device.' };
		case 4403:
			return { title: 'Not allowed', detail: `The server refused this connection${because}.` };
		case 4404:
			return { title: 'This project is gone', detail: `No such document${because}.` };
		case 4409:
			return {
				title: 'This project was set back to another history',
				detail: 'Your copy belongs to the former one and cannot be merged. Load the present one to go on.'
			};
		case 4413:
			return { title: 'Too large', detail: `A change was larger than the server takes${because}.` };
		case 4429:
			return { title: 'Too fast', detail: `The server asked this browser to slow down${because}.` };
		default:
			return { title: 'The server ended the connection', detail: `Code ${refusal.code}${because}.` };
	}
}

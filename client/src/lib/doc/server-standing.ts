// What the server says about itself beside the document: `121 varString(JSON)`. What it leaves out stays as it was.

export interface ServerStanding {
	/** Since when its store has failed, in unix seconds; null while it takes what we send. */
	failing_since_s: number | null;
	/** It has lost the other servers. */
	cut_off: boolean;
}

export const ALL_WELL: ServerStanding = { failing_since_s: null, cut_off: false };

/** The standing after one more message; something unreadable changes nothing. */
export function hearStanding(before: ServerStanding, text: string, now_s: number): ServerStanding {
	let said: { saving?: unknown; since?: unknown; relay?: unknown } | null;
	try {
		said = JSON.parse(text) as typeof said;
	} catch (error) {
		console.warn('cyclorama: the server said something unreadable about itself', error);
		return before;
	}
	const next = { ...before };
	if (said?.saving === 'ok') next.failing_since_s = null;
	else if (said?.saving === 'failing') {
		next.failing_since_s = typeof said.since === 'number' ? said.since : (before.failing_since_s ?? now_s);
	}
	if (said?.relay === 'cut_off') next.cut_off = true;
	else if (said?.relay === 'ok') next.cut_off = false;
	return next;
}

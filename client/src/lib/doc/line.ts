// The truth about the line to the server, from a few facts. Pure: the chip and its card show exactly this.

export type Line = 'live' | 'offline' | 'reconnecting';
export type Saved = 'saved' | 'saving' | 'unsaved';

export interface LineFacts {
	/** The browser believes it has a network. */
	network: boolean;
	/** The socket is open and the first exchange of state is done. */
	synced: boolean;
	/** When the line was last lost (or first tried), in milliseconds; null while it is live. */
	lost_at_ms: number | null;
	/** The server closed the socket with a code of 4400–4499. */
	refused: boolean;
}

/** What the chip and its card are made of. */
export interface Standing {
	line: Line;
	saved: Saved;
	/** Own changes that are not yet durable on the server. */
	waiting: number;
	ever_live: boolean;
	/** Since when the server's store has failed (unix seconds); null while it works. */
	failing_since_s: number | null;
	/** The server has lost the other servers: people there do not see what happens here. */
	cut_off: boolean;
	/** The server closed the line with 1013: it is overloaded or cannot reach its store. */
	busy: boolean;
	/** This device keeps a copy that survives closing the tab. */
	kept: boolean;
}

/** Trying is called "reconnecting" for this long; then it is honest to say "offline", though we keep trying. */
export const PATIENCE_MS = 6000;

export function lineOf(facts: LineFacts, now_ms: number): Line {
	if (facts.refused || !facts.network) return 'offline';
	if (facts.synced) return 'live';
	if (facts.lost_at_ms !== null && now_ms - facts.lost_at_ms > PATIENCE_MS) return 'offline';
	return 'reconnecting';
}

/** A server that cannot store is "unsaved" for everybody, whoever's changes they are. */
export function savedOf(line: Line, waiting: number, server_is_failing: boolean): Saved {
	if (line === 'live' && server_is_failing) return 'unsaved';
	if (waiting === 0) return 'saved';
	return line === 'live' ? 'saving' : 'unsaved';
}

export function changes(count: number): string {
	return `${count} ${count === 1 ? 'change' : 'changes'}`;
}

/** What the chip says in words. */
export function chipText(now: Standing): string {
	const waiting = changes(now.waiting);
	const where = now.kept ? 'waiting' : 'only in this tab';
	if (now.line === 'live') {
		if (now.saved === 'unsaved') return now.waiting ? `Not saved · ${waiting}` : 'Server is not saving';
		if (now.saved === 'saving') return 'Saving…';
		return now.cut_off ? 'Saved · cut off' : 'Live · saved';
	}
	if (now.busy) return now.waiting ? `Server busy · ${waiting} ${where}` : 'Server busy';
	if (now.line === 'offline') return now.waiting ? `Offline · ${waiting} ${where}` : 'Offline';
	const trying = now.ever_live ? 'Reconnecting…' : 'Connecting…';
	return now.waiting ? `${trying} ${waiting} ${where}` : trying;
}

/** The same where there is room for a word and a number only. */
export function chipShort(now: Standing): string {
	const count = now.waiting ? ` · ${now.waiting}` : '';
	if (now.line === 'live') {
		if (now.saved !== 'saved') return now.saved === 'saving' ? 'Saving…' : `Not saved${count}`;
		return now.cut_off ? 'Cut off' : 'Saved';
	}
	if (now.busy) return `Busy${count}`;
	return now.line === 'offline' ? `Offline${count}` : `Trying…${count}`;
}

/** The same at length: what is so, and what one can or need not do. */
export function standingSentences(now: Standing): string[] {
	const said: string[] = [];
	const count = now.waiting === 1 ? 'Your last change' : `Your last ${changes(now.waiting)}`;
	const are = now.waiting === 1 ? 'is' : 'are';
	if (now.line === 'live' && now.saved === 'unsaved') {
		const since = now.failing_since_s === null ? '' : ` since ${clock(now.failing_since_s)}`;
		said.push(`The server has not been able to store anything${since}. Everybody goes on working together, and it keeps trying.`);
	} else if (now.line === 'live') {
		said.push(now.waiting ? `${count} ${are} on the way to the server.` : 'Everything you did is stored on the server.');
	} else if (now.busy) said.push('The server is too busy to let you in just now. It is tried again by itself.');
	else if (now.line === 'reconnecting') said.push('The line to the server is being made.');
	else said.push('The server cannot be reached. You can go on working; it is tried again by itself.');

	if (now.waiting && (now.line !== 'live' || now.saved === 'unsaved')) {
		const one = now.waiting === 1;
		const go = one ? 'goes to the server by itself' : 'go to the server by themselves';
		said.push(
			now.kept
				? `${count} ${are} kept on this device and ${go}. You may close this tab.`
				: `This browser keeps nothing on the device: leave this tab open, or ${one ? 'your last change is' : `your last ${changes(now.waiting)} are`} lost.`
		);
	}
	if (now.cut_off && now.line === 'live') {
		said.push(
			'This server has lost the others: people connected elsewhere do not see your changes right now, nor you theirs. Nothing is lost; it comes together by itself.'
		);
	}
	return said;
}

function clock(seconds: number): string {
	return new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

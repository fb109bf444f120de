// Stock y-websocket sends every presence it hears back to the server; ours sends only its own.

import type { Awareness } from 'y-protocols/awareness';
import type { WebsocketProvider } from 'y-websocket';

/** Put a filter before the provider's own handler; returns how to take it away. */
export function sendOwnPresenceOnly(provider: WebsocketProvider, awareness: Awareness): () => void {
	const stock = provider._awarenessUpdateHandler;
	const mine = (ids: number[]): number[] => ids.filter((id) => id === awareness.clientID);
	const own = (change: { added: number[]; updated: number[]; removed: number[] }, origin: unknown): void => {
		const kept = { added: mine(change.added), updated: mine(change.updated), removed: mine(change.removed) };
		if (kept.added.length + kept.updated.length + kept.removed.length > 0) stock(kept, origin);
	};
	awareness.off('update', stock);
	awareness.on('update', own);
	return () => awareness.off('update', own);
}

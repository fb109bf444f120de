// Own-only undo and redo of one environment: another person's edits are never touched.

import * as Y from 'yjs';
import { MyEdit } from './live-document.svelte.ts';

const PAUSE_ENDS_A_STEP_MS = 600;

export class History {
	can_undo = $state(false);
	can_redo = $state(false);
	readonly #manager: Y.UndoManager;

	constructor(environment: Y.Map<unknown>) {
		this.#manager = new Y.UndoManager(environment, {
			trackedOrigins: new Set([MyEdit]),
			captureTimeout: PAUSE_ENDS_A_STEP_MS
		});
		const look = (): void => {
			this.can_undo = this.#manager.canUndo();
			this.can_redo = this.#manager.canRedo();
		};
		this.#manager.on('stack-item-added', look);
		this.#manager.on('stack-item-popped', look);
		this.#manager.on('stack-cleared', look);
	}

	/** A gesture begins: all of it will be one step, however long the hand rests in between. */
	begin(): void {
		this.#manager.stopCapturing();
		this.#manager.captureTimeout = Number.POSITIVE_INFINITY;
	}

	/** The gesture is over: what comes next is another step. */
	end(): void {
		this.#manager.captureTimeout = PAUSE_ENDS_A_STEP_MS;
		this.#manager.stopCapturing();
	}

	undo(): boolean {
		return this.#manager.undo() !== null;
	}

	redo(): boolean {
		return this.#manager.redo() !== null;
	}

	close(): void {
		this.#manager.destroy();
	}
}

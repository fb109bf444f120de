// The picture that stands while the next one loads: never a blank in between.

import { objectUrl, type Shown } from '../render/picture.ts';

/** What has just been asked for takes a moment to be known as under way. */
const PATIENCE_MS = 400;

export class Standing {
	current = $state.raw<Shown | undefined>();
	/** The decoded pixels of `current`, for whoever draws them itself. */
	image = $state.raw<HTMLImageElement | undefined>();
	/** The object that is on its way. */
	loading = $state<string | null>(null);
	/** There is nothing to show because it could not be loaded. */
	missing = $state(false);

	/** There is nothing to wait for: a picture of something else may not go on standing in. For an effect. */
	leaveIf(nothing_comes: boolean): (() => void) | undefined {
		if (!nothing_comes || this.current === undefined) return;
		const timer = setTimeout(() => {
			this.current = undefined;
			this.image = undefined;
		}, PATIENCE_MS);
		return () => clearTimeout(timer);
	}

	/** Load beside the standing picture; of several only the newest may take its place. For an effect: returns its end. */
	want(next: Shown | undefined): (() => void) | undefined {
		if (!next || next.object === this.current?.object) {
			if (next && this.current && next.kind !== this.current.kind) this.current = next;
			this.loading = null;
			return;
		}
		let wanted = true;
		this.loading = next.object;
		const image = new Image();
		image.src = objectUrl(next.object);
		image
			.decode()
			.then(() => {
				if (!wanted) return;
				this.image = image;
				this.current = next;
				this.missing = false;
				this.loading = null;
			})
			.catch(() => {
				if (!wanted) return;
				this.loading = null;
				this.missing = this.current === undefined;
			});
		return () => (wanted = false);
	}
}

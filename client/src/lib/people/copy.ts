// Copy text for pasting elsewhere. Browsers offer their clipboard to https and localhost only; a studio's own server
// on http://render-box:8700 still has the older way.

/** Whether the text is on the clipboard now. */
export async function copyText(text: string): Promise<boolean> {
	try {
		if (navigator.clipboard) {
			await navigator.clipboard.writeText(text);
			return true;
		}
	} catch {
		// not allowed here: the older way may be
	}
	const field = document.createElement('textarea');
	field.value = text;
	field.style.position = 'fixed';
	field.style.opacity = '0';
	// Inside an open dialog everything else is inert and cannot be selected.
	(document.querySelector('dialog[open]') ?? document.body).append(field);
	const focused = document.activeElement;
	field.select();
	const copied = document.execCommand?.('copy') ?? false;
	field.remove();
	if (focused instanceof HTMLElement) focused.focus();
	return copied;
}

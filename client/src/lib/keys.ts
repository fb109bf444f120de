// Keys act only when nobody is typing, and never on repeat unless a key asks for it.

/** The map `?` shows; the pages bind what it says. */
export const KEY_MAP: { title: string; keys: [string, string][] }[] = [
	{
		title: 'Everywhere',
		keys: [
			['?', 'This map'],
			['Ctrl Z', 'Undo your own last step'],
			['Ctrl Shift Z', 'Redo it'],
			['P', 'People of the project'],
			['J', 'Render jobs'],
			['G', 'Back to the gallery']
		]
	},
	{
		title: 'Gallery',
		keys: [
			['N', 'New environment'],
			['/', 'Search']
		]
	},
	{
		title: 'Picture',
		keys: [
			['← →', 'Previous, next angle'],
			['↑ ↓', 'Previous, next variation'],
			['[ ]', 'Previous, next environment'],
			['0', 'Fit the picture'],
			['1', 'One picture pixel per screen pixel'],
			['+ −', 'Zoom; the wheel zooms at the cursor'],
			['Drag', 'Pan when zoomed in; look around in 360°'],
			['F', 'Frame: 16:9, whole picture'],
			['X', 'Hold to see the base instead of the variation'],
			['C', 'New camera from here'],
			['H', 'Hide everything but the picture']
		]
	},
	{
		title: 'Dials and rings',
		keys: [
			['← → ↑ ↓', 'A small step'],
			['Shift ← →', 'A large step'],
			['PgUp PgDn', 'A large step'],
			['Home End', 'First, last value']
		]
	}
];

export function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
		(target as HTMLInputElement).type !== 'range'
	);
}

/** Whether the element under focus uses the arrow keys itself. */
export function usesArrows(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(isTyping(target) ||
			(target as HTMLInputElement).type === 'range' ||
			target.closest('[role=slider],[role=radiogroup],[role=menu],[role=listbox],[role=tablist]') !== null)
	);
}

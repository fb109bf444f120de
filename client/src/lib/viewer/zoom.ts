// How a picture lies in its stage: scale and offset, in CSS pixels. Pure, so that cursors and wheels agree.

export interface Size {
	width: number;
	height: number;
}

export interface Point {
	x: number;
	y: number;
}

/** `scale` 1 is one picture pixel per CSS pixel; x and y place the picture's top left corner in the stage. */
export interface Placement extends Point {
	scale: number;
}

const SMALLEST = 0.05;
const LARGEST = 16;

/** The frame (the part of the picture that matters) as large as the stage allows, centred. */
export function fit(stage: Size, picture: Size, frame: Size = picture, margin = 0): Placement {
	const width = Math.max(1, stage.width - 2 * margin);
	const height = Math.max(1, stage.height - 2 * margin);
	const scale = Math.min(width / frame.width, height / frame.height);
	return centred(stage, picture, scale);
}

export function centred(stage: Size, picture: Size, scale: number): Placement {
	return { scale, x: (stage.width - picture.width * scale) / 2, y: (stage.height - picture.height * scale) / 2 };
}

/** Zoom by a factor while the picture's point under the cursor stays there. */
export function zoomAt(at: Placement, cursor: Point, factor: number): Placement {
	const scale = Math.min(LARGEST, Math.max(SMALLEST, at.scale * factor));
	const ratio = scale / at.scale;
	return { scale, x: cursor.x - (cursor.x - at.x) * ratio, y: cursor.y - (cursor.y - at.y) * ratio };
}

/** Keep at least a quarter of the stage covered, so that the picture cannot be lost. */
export function kept(at: Placement, stage: Size, picture: Size): Placement {
	const width = picture.width * at.scale;
	const height = picture.height * at.scale;
	const clamp = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v));
	return {
		scale: at.scale,
		x: clamp(at.x, stage.width * 0.25 - width, stage.width * 0.75),
		y: clamp(at.y, stage.height * 0.25 - height, stage.height * 0.75)
	};
}

/** From the stage to the picture, 0–1 in both directions. */
export function toPicture(at: Placement, picture: Size, point: Point): { u: number; v: number } {
	return { u: (point.x - at.x) / (picture.width * at.scale), v: (point.y - at.y) / (picture.height * at.scale) };
}

export function toStage(at: Placement, picture: Size, u: number, v: number): Point {
	return { x: at.x + u * picture.width * at.scale, y: at.y + v * picture.height * at.scale };
}

// What a project's environments document holds, in types. The names are the public contract of the document.

export type Value = number | string;

export type RenderState = 'queued' | 'done' | 'draft' | 'failed';

/** `renders[slot]`: the settled picture of one variation from one camera. */
export interface Render {
	state: RenderState;
	digest?: string;
	image?: string;
	depth?: string;
	/** Everything said about the picture, as JSON beside it. */
	sidecar?: string;
	thumbs?: Record<string, string>;
	width?: number;
	height?: number;
	tier?: string;
	engine?: string;
	camera?: Record<string, unknown>;
	notes?: unknown;
	finished_at?: number | string;
	render_s?: number;
	scores?: Scores | null;
	error?: string;
	error_kind?: string;
}

/** What the set that a picture belongs to is worth; see docs/scores.md. */
export interface Scores {
	/** Of the set that was measured: another picture in it makes another. */
	digest: string;
	verdict: 'passed' | 'draft' | 'not measured';
	reason?: string;
	spatial?: {
		score: number | null;
		worst: { pair: string[]; score: number | null } | null;
		coverage: number;
		measured: number;
		possible: number;
		dropped: Record<string, number>;
		geometric: { agrees: number | null; returns: number | null };
		reason: string;
	};
	identity?: {
		score: number | null;
		worst: string | null;
		here?: { score: number | null; structure: number | null; sky: number | null; shown: number; reason: string } | null;
	} | null;
	mood?: {
		score: number | null;
		here?: { score: number | null; asked: number; missed: { sign: string; found: number; low: number; high: number }[] } | null;
	} | null;
}

export type Aspect = '1:1' | '4:3' | '16:9' | '2.39:1' | '9:16';

export interface Camera {
	kind: string;
	name?: string;
	/** What other tools may call it. */
	label?: string;
	position_m?: [number, number, number];
	look_at_m?: [number, number, number];
	/** Instead of a position: round a point, by compass heading and height in degrees. */
	orbit?: { target_m: [number, number, number]; yaw_deg: number; pitch_deg: number; distance_m: number };
	focal_mm?: number;
	sensor_mm?: [number, number];
	/** Clockwise. */
	roll_deg?: number;
	/** Shape of every picture of this camera; 16:9 when left out. */
	aspect?: Aspect;
}

export type Axis = 'time_of_day' | 'weather' | 'season' | 'custom';

export interface Variation {
	id: string;
	label: string;
	axis: Axis;
	overrides: Record<string, Value>;
	proposed_by?: string;
	status?: string;
}

export type Quality = 'low' | 'standard' | 'high';
export type LocationType = 'exterior' | 'interior';

/** Someone whose browser is in this project now. */
export interface User {
	id: string;
	name: string;
	color: string;
}

export interface LookingAt {
	environment: string;
	slot: string;
}

/** A point of the settled picture: u to the right, v down, both 0–1. */
export interface PicturePoint {
	slot: string;
	u: number;
	v: number;
}

export interface Person {
	client: number;
	user: User;
	looking_at: LookingAt | null;
	holding: string | null;
	cursor: PicturePoint | null;
	idle: boolean;
}

export interface FarmJob {
	id: string;
	environment: string;
	slot: string;
	lane: 'preview' | 'settled';
	state: string;
	progress: number;
	phase: string;
}

/** The latest quick picture of a slot, delivered through presence only. */
export interface Preview {
	image: string;
	width: number;
	height: number;
	digest?: string;
	at?: number;
}

export interface FarmState {
	jobs: Record<string, FarmJob>;
	previews: Record<string, Preview>;
}

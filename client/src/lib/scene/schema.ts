// The scene schema as the controls need it: parameters in groups, for one archetype, with units and ranges.

import type { Value } from '../doc/records.ts';
import { words, type PlaceKind } from './places.ts';

export type Control = 'hour_dial' | 'season_ring' | 'weather_picker' | 'choice' | 'slider' | 'seed';

export interface Parameter {
	name: string;
	title: string;
	doc: string;
	group: string;
	control: Control;
	unit: string;
	default: Value;
	minimum: number;
	maximum: number;
	step: number;
	cyclic: boolean;
	choices: string[];
	archetypes: string[];
	/** What makes sense in a kind of place, its usual choice first; any other choice means that one there. */
	choicesOf?: Record<string, string[]>;
	/** What its choices are called, where the schema says so; only kinds of place have this. */
	kinds?: PlaceKind[];
	/** Choices of earlier versions and what they are called now. */
	aliases?: Record<string, string>;
}

const CONTROLS: readonly string[] = ['hour_dial', 'season_ring', 'weather_picker', 'choice', 'slider', 'seed'];

/** Read GET /api/scene-schema. A property of a kind this client does not know falls back to a slider or a choice. */
export function readSchema(schema: unknown): Parameter[] {
	const properties = (schema as { properties?: Record<string, Record<string, unknown>> } | null)?.properties ?? {};
	return Object.entries(properties).map(([name, entry]) => {
		const choices = Array.isArray(entry.enum) ? entry.enum.map(String) : [];
		const control = String(entry['x-control']);
		return {
			name,
			title: String(entry.title ?? name),
			doc: String(entry.description ?? ''),
			group: String(entry['x-group'] ?? 'More'),
			control: (CONTROLS.includes(control) ? control : choices.length ? 'choice' : 'slider') as Control,
			unit: String(entry['x-unit'] ?? ''),
			default: entry.default as Value,
			minimum: Number(entry.minimum ?? 0),
			maximum: Number(entry.maximum ?? 1),
			step: Number(entry['x-step'] ?? 0.01) || 0.01,
			cyclic: entry['x-cyclic'] === true,
			choices,
			archetypes: Array.isArray(entry['x-archetypes']) ? entry['x-archetypes'].map(String) : [],
			...('x-choices' in entry && { choicesOf: listsOf(entry['x-choices']) }),
			...(name === 'archetype' && { kinds: kindsOf(entry, choices), aliases: textsOf(entry['x-aliases']) })
		};
	});
}

function kindsOf(entry: Record<string, unknown>, choices: string[]): PlaceKind[] {
	const [titles, notes, groups] = [textsOf(entry['x-titles']), textsOf(entry['x-notes']), textsOf(entry['x-groups'])];
	const indoors = Array.isArray(entry['x-indoors']) ? entry['x-indoors'] : [];
	return choices.map((name) => ({
		name,
		title: titles[name] ?? words(name),
		note: notes[name] ?? '',
		group: groups[name] ?? '',
		indoors: indoors.includes(name)
	}));
}

function textsOf(value: unknown): Record<string, string> {
	if (typeof value !== 'object' || value === null) return {};
	return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}

function listsOf(value: unknown): Record<string, string[]> {
	if (typeof value !== 'object' || value === null) return {};
	return Object.fromEntries(Object.entries(value).map(([key, list]) => [key, Array.isArray(list) ? list.map(String) : []]));
}

/** The parameter as a kind of place has it: with the choices that make sense there. */
function inPlace(parameter: Parameter, archetype: string): Parameter {
	const choices = parameter.choicesOf?.[archetype];
	return choices?.length ? { ...parameter, choices, default: choices[0] as string } : parameter;
}

/** What an artist reaches for first comes first; groups this client does not know follow. */
const GROUP_ORDER = ['Time & season', 'Weather', 'Light', 'Place'];

export interface Group {
	title: string;
	parameters: Parameter[];
}

export function groupsFor(parameters: readonly Parameter[], archetype: string): Group[] {
	const groups = new Map<string, Parameter[]>();
	for (const parameter of parameters) {
		if (parameter.archetypes.length && !parameter.archetypes.includes(archetype)) continue;
		groups.set(parameter.group, [...(groups.get(parameter.group) ?? []), inPlace(parameter, archetype)]);
	}
	const rank = (title: string): number => (GROUP_ORDER.indexOf(title) + 1 || 99);
	return [...groups].map(([title, list]) => ({ title, parameters: list })).sort((a, b) => rank(a.title) - rank(b.title));
}

/** Decimals a value of this step is shown with. */
export function decimals(step: number): number {
	return step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
}

/** Bring a number into the parameter's range and onto its steps. */
export function settle(parameter: Parameter, value: number): number {
	const span = parameter.maximum - parameter.minimum;
	let v = value;
	if (parameter.cyclic) v = parameter.minimum + ((((v - parameter.minimum) % span) + span) % span);
	else v = Math.min(parameter.maximum, Math.max(parameter.minimum, v));
	v = parameter.minimum + Math.round((v - parameter.minimum) / parameter.step) * parameter.step;
	if (parameter.cyclic && v >= parameter.maximum) v = parameter.minimum;
	return Number(Math.min(parameter.maximum, v).toFixed(4));
}

/** A shared value as people read it: 0–1 shares as percent, the rest with its unit. */
export function shown(parameter: Parameter, value: number): string {
	if (isShare(parameter)) return `${Math.round(value * 100)} %`;
	const number = value.toFixed(decimals(parameter.step));
	const signed = parameter.minimum < 0 && value > 0 ? `+${number}` : number.replace('-', '−');
	if (parameter.unit === '°') return `${signed}°`;
	return parameter.unit ? `${signed} ${parameter.unit}` : signed;
}

export function isShare(parameter: Parameter): boolean {
	return parameter.minimum === 0 && parameter.maximum === 1 && parameter.unit === '';
}

import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import PlaceChoice from '../controls/PlaceChoice.svelte';
import { reachOf } from '../scene/camera.ts';
import { Places } from '../scene/places.ts';
import { groupsFor, readSchema } from '../scene/schema.ts';
import { Describing } from './describing.svelte.ts';
import Suggestions from './Suggestions.svelte';

const schema = {
	properties: {
		archetype: {
			title: 'Place', enum: ['alpine', 'coast', 'city', 'living_room'], default: 'alpine', 'x-group': 'Place', 'x-control': 'choice',
			'x-archetypes': ['alpine', 'coast', 'city', 'living_room'],
			'x-titles': { alpine: 'Alpine valley', coast: 'Sea cliffs', city: 'City street', living_room: 'Living room' },
			'x-notes': { alpine: 'Peaks.', coast: 'Cliffs and beaches.', city: 'Houses and shops.', living_room: 'Sofa and books.' },
			'x-groups': { alpine: 'Landscapes', coast: 'Landscapes', city: 'Towns', living_room: 'Rooms' },
			'x-indoors': ['living_room'],
			'x-aliases': { interior: 'living_room' }
		},
		lamps: { title: 'Lamps', minimum: 0, maximum: 1, default: 0.5, 'x-group': 'Light', 'x-control': 'slider', 'x-step': 0.01, 'x-archetypes': ['city', 'living_room'] },
		weather: { title: 'Weather', enum: ['clear', 'mist'], default: 'clear', 'x-group': 'Weather', 'x-control': 'weather_picker' }
	}
};
const parameters = readSchema(schema);
const places = new Places(parameters);
const archetype = parameters[0] as (typeof parameters)[number];

describe('kinds of place', () => {
	it('have titles, groups and a search that reads notes', () => {
		expect(places.groups().map((g) => [g.title, g.kinds.map((k) => k.title)])).toEqual([
			['Landscapes', ['Alpine valley', 'Sea cliffs']],
			['Towns', ['City street']],
			['Rooms', ['Living room']]
		]);
		expect(places.groups('beach cliff').flatMap((g) => g.kinds.map((k) => k.name))).toEqual(['coast']);
		expect(places.groups('volcano')).toEqual([]);
	});

	it('of an old document still have their controls and the reach of a room', () => {
		const old = places.of('interior');
		expect([old.name, old.title, old.indoors]).toEqual(['living_room', 'Living room', true]);
		expect(groupsFor(parameters, old.name).some((g) => g.parameters.some((p) => p.name === 'lamps'))).toBe(true);
		expect(reachOf(old).farthest_m).toBe(12);
		expect(reachOf(places.of('city')).farthest_m).toBe(150);
		expect(reachOf(places.of('from_tomorrow')).farthest_m).toBe(600);
		expect(places.of('from_tomorrow').title).toBe('From tomorrow');
		expect(places.of(undefined).name).toBe('alpine');
	});

	it('are chosen by click and by keyboard, and Escape leaves things as they were', async () => {
		const onchange = vi.fn();
		render(PlaceChoice, { parameter: archetype, value: 'alpine', places, onchange });
		const now = screen.getByTestId('change-place');
		expect(now.textContent).toContain('Alpine valley');

		await fireEvent.click(now);
		expect(document.activeElement).toBe(screen.getByRole('searchbox'));
		expect(screen.getAllByRole('radio')).toHaveLength(4);
		expect(screen.getByRole('radio', { checked: true }).dataset.value).toBe('alpine');
		await fireEvent.keyDown(screen.getByRole('radio', { checked: true }), { key: 'ArrowRight' });
		expect((document.activeElement as HTMLElement).dataset.value).toBe('coast');
		expect(onchange).not.toHaveBeenCalled();
		await fireEvent.click(document.activeElement as HTMLElement);
		expect(onchange).toHaveBeenLastCalledWith('coast');
		expect(screen.queryAllByRole('radio')).toHaveLength(0);

		await fireEvent.click(now);
		await fireEvent.input(screen.getByRole('searchbox'), { target: { value: 'room' } });
		await fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'Enter' });
		expect(onchange).toHaveBeenLastCalledWith('living_room');

		await fireEvent.click(now);
		await fireEvent.keyDown(screen.getByRole('searchbox'), { key: 'Escape' });
		expect(screen.queryAllByRole('radio')).toHaveLength(0);
		expect(onchange).toHaveBeenCalledTimes(2);
	});
});

describe('words to worlds', () => {
	const answer = {
		archetype: 'coast', confidence: 0.6,
		places: [{ archetype: 'coast', title: 'Sea cliffs', confidence: 0.6, words: ['fjord'] }, { archetype: 'alpine', title: 'Alpine valley', confidence: 0.3, words: ['fjord'] }],
		parameters: { archetype: 'coast', seed: 7, weather: 'mist', lamps: 0.9 },
		suggestions: [
			{ parameter: 'archetype', title: 'Place', value: 'coast', shown: 'Sea cliffs', words: ['fjord'], reason: 'fjord → Sea cliffs', said: true },
			{ parameter: 'seed', title: 'Seed', value: 7, shown: '7', words: [], reason: 'these words → 7', said: false },
			{ parameter: 'weather', title: 'Weather', value: 'mist', shown: 'mist', words: ['misty'], reason: 'misty → weather mist', said: true },
			{ parameter: 'lamps', title: 'Lamps', value: 0.9, shown: '90 %', words: ['neon'], reason: 'neon → lamps 90 %', said: false }
		],
		unknown: ['Zorblax'], notes: []
	};
	let asked: unknown[];
	beforeEach(() => {
		vi.useFakeTimers();
		asked = [];
		vi.stubGlobal('fetch', async (request: Request) => {
			asked.push(await request.json());
			return new Response(JSON.stringify(answer), { status: 200, headers: { 'content-type': 'application/json' } });
		});
	});
	afterEach(() => {
		vi.useRealTimers();
		vi.unstubAllGlobals();
	});

	it('asks once after a pause, and gives what was not left out', async () => {
		const describing = new Describing();
		describing.read('a misty');
		describing.read('a misty fjord ');
		await vi.advanceTimersByTimeAsync(400);

		expect(asked).toEqual([{ text: 'a misty fjord' }]);
		expect(describing.archetype).toBe('coast');
		expect(describing.others.map((p) => p.title)).toEqual(['Alpine valley']);
		expect(await describing.parameters()).toEqual({ seed: 7, weather: 'mist', lamps: 0.9 });
		describing.leaveOut(answer.suggestions[2] as never);
		describing.change(answer.suggestions[3] as never, 0.4);
		expect(await describing.parameters()).toEqual({ seed: 7, lamps: 0.4 });
		expect(describing.left_out).toBe(1);
		describing.bringBack();
		expect(describing.suggestions).toHaveLength(2);
	});

	it('waits at creation for words that were typed a moment ago', async () => {
		const describing = new Describing();
		describing.read('a misty fjord');
		const parameters = describing.parameters();
		await vi.advanceTimersByTimeAsync(10);
		expect(await parameters).toEqual({ seed: 7, weather: 'mist', lamps: 0.9 });
	});

	it('keeps a kind that was chosen by hand, and says nothing when the server is away', async () => {
		const describing = new Describing();
		describing.read('a misty fjord');
		await vi.advanceTimersByTimeAsync(400);
		describing.choose('alpine');
		await vi.advanceTimersByTimeAsync(10);
		expect(asked.at(-1)).toEqual({ text: 'a misty fjord', archetype: 'alpine' });
		expect(describing.archetype).toBe('alpine');

		vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
		describing.read('a desert');
		await vi.advanceTimersByTimeAsync(400);
		expect(describing.found).toBeNull();
		expect(await describing.parameters()).toEqual({});
		describing.forget();
		expect(describing.archetype).toBeNull();
	});

	it('shows each suggestion with its words, to be left out or changed', async () => {
		const describing = new Describing();
		render(Suggestions, { describing, parameters });
		expect(screen.queryByTestId('suggestions')).toBeNull();
		describing.read('a misty fjord');
		await vi.advanceTimersByTimeAsync(400);

		expect(screen.getByText('“misty”')).toBeTruthy();
		expect(screen.getByTestId('unknown-words').textContent).toContain('Zorblax');
		await fireEvent.click(screen.getByRole('button', { name: /^Weather Mist/ }));
		await fireEvent.click(screen.getByRole('radio', { name: 'Clear' }));
		expect(screen.getByText('changed by you')).toBeTruthy();
		expect((await describing.parameters()).weather).toBe('clear');
		await fireEvent.click(screen.getByRole('button', { name: /^Leave out Lamps/ }));
		expect(screen.queryByText('“neon”')).toBeNull();
		expect(screen.getByText('Bring back 1 left out')).toBeTruthy();
	});
});

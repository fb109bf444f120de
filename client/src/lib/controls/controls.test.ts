import { fireEvent, render, screen } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { Person } from '../doc/records.ts';
import type { Parameter } from '../scene/schema.ts';
import HourDial from './HourDial.svelte';
import SeasonRing from './SeasonRing.svelte';
import Slider from './Slider.svelte';
import WeatherPicker from './WeatherPicker.svelte';
import { angleAt, turned } from './ring.ts';

const base: Parameter = {
	name: 'time_of_day', title: 'Hour', doc: '', group: 'Time & season', control: 'hour_dial', unit: 'h', default: 9,
	minimum: 0, maximum: 24, step: 0.05, cyclic: true, choices: [], archetypes: []
};
const season: Parameter = { ...base, name: 'season', title: 'Season', control: 'season_ring', unit: '', maximum: 4, step: 0.01 };
const weather: Parameter = {
	...base, name: 'weather', title: 'Weather', control: 'weather_picker',
	choices: ['clear', 'cloudy', 'overcast', 'mist', 'rain', 'storm', 'snow', 'dust']
};
const haze: Parameter = { ...base, name: 'haze', title: 'Haze', control: 'slider', unit: '', maximum: 1, step: 0.01, cyclic: false };

describe('the hour dial', () => {
	it('is a slider that says 06:12 and which light that is', () => {
		render(HourDial, { parameter: base, value: 6.2, season: 0.25, onchange: () => {} });

		const dial = screen.getByRole('slider', { name: 'Hour' });
		expect(dial.getAttribute('aria-valuetext')).toBe('06:12, Sunrise');
		expect((screen.getByTestId('hour') as HTMLInputElement).value).toBe('06:12');
	});

	it('turns by keyboard: six minutes, an hour with Shift or Page, around midnight', async () => {
		const onchange = vi.fn();
		const onhold = vi.fn();
		const { rerender } = render(HourDial, { parameter: base, value: 9, onchange, onhold });
		const dial = screen.getByRole('slider', { name: 'Hour' });

		await fireEvent.keyDown(dial, { key: 'ArrowRight' });
		expect(onchange).toHaveBeenLastCalledWith(9.1);
		await fireEvent.keyDown(dial, { key: 'PageUp' });
		expect(onchange).toHaveBeenLastCalledWith(10.1);
		await fireEvent.keyDown(dial, { key: 'ArrowLeft', shiftKey: true });
		expect(onchange).toHaveBeenLastCalledWith(9.1);
		await fireEvent.keyDown(dial, { key: 'Home' });
		expect(onchange).toHaveBeenLastCalledWith(0);
		await fireEvent.keyDown(dial, { key: 'ArrowDown' });
		expect(onchange).toHaveBeenLastCalledWith(23.9);
		expect(onhold).toHaveBeenCalledTimes(1);
		await rerender({});
	});

	it('takes a typed hour and ignores nonsense', async () => {
		const onchange = vi.fn();
		render(HourDial, { parameter: base, value: 9, onchange });
		const input = screen.getByTestId('hour');

		await fireEvent.input(input, { target: { value: '18:30' } });
		await fireEvent.blur(input);
		expect(onchange).toHaveBeenLastCalledWith(18.5);

		await fireEvent.input(input, { target: { value: 'noonish' } });
		await fireEvent.blur(input);
		expect(onchange).toHaveBeenCalledTimes(1);
	});

	it('does not move for somebody who may only look', async () => {
		const onchange = vi.fn();
		render(HourDial, { parameter: base, value: 9, onchange, disabled: true });

		await fireEvent.keyDown(screen.getByRole('slider', { name: 'Hour' }), { key: 'ArrowRight' });

		expect(onchange).not.toHaveBeenCalled();
	});

	it("shows whose hand is on it", () => {
		const ben: Person = {
			client: 2, user: { id: 'usr_ben', name: 'Ben', color: '#4f9dd9' }, looking_at: null, holding: 'time_of_day', cursor: null, idle: false
		};
		const { container } = render(HourDial, { parameter: base, value: 9, onchange: () => {}, holders: [ben] });

		expect(container.querySelector('[data-held-by]')?.getAttribute('data-held-by')).toBe('Ben');
		expect(screen.getByText('Ben')).toBeTruthy();
	});
});

it('the season ring goes around without a seam', async () => {
	const onchange = vi.fn();
	render(SeasonRing, { parameter: season, value: 3.98, onchange });
	const ring = screen.getByRole('slider', { name: 'Season' });
	expect(ring.getAttribute('aria-valuetext')).toBe('Late winter');

	await fireEvent.keyDown(ring, { key: 'ArrowRight' });

	expect(onchange).toHaveBeenLastCalledWith(0.03);
});

it('the weather picker is a radio group the arrows walk through', async () => {
	const onchange = vi.fn();
	render(WeatherPicker, { parameter: weather, value: 'clear', onchange });

	await fireEvent.keyDown(screen.getByRole('radio', { name: 'Clear' }), { key: 'ArrowDown' });
	expect(onchange).toHaveBeenLastCalledWith('rain');
	await fireEvent.click(screen.getByRole('radio', { name: 'Snow' }));
	expect(onchange).toHaveBeenLastCalledWith('snow');
});

it('a slider takes percent typed, keeps its range, and refuses words', async () => {
	const onchange = vi.fn();
	render(Slider, { parameter: haze, value: 0.25, onchange });
	const typed = screen.getByLabelText('Haze, typed');
	expect((typed as HTMLInputElement).value).toBe('25 %');

	await fireEvent.input(typed, { target: { value: '140' } });
	await fireEvent.blur(typed);
	expect(onchange).toHaveBeenLastCalledWith(1);
	await fireEvent.input(typed, { target: { value: 'much' } });
	await fireEvent.blur(typed);
	expect(onchange).toHaveBeenCalledTimes(1);
});

it('ring geometry: the top is 0°, clockwise, and other keys are not the ring’s', () => {
	expect(angleAt({ x: 0, y: 0 }, { x: 0, y: -5 })).toBe(0);
	expect(angleAt({ x: 0, y: 0 }, { x: 5, y: 0 })).toBe(90);
	expect(angleAt({ x: 0, y: 0 }, { x: -5, y: 0 })).toBe(270);
	expect(turned('a', false, 1, { small: 1, large: 2, first: 0, last: 9 })).toBeNull();
});

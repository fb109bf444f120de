import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as awarenessProtocol from 'y-protocols/awareness';
import * as Y from 'yjs';
import { IDLE_AFTER_MS, Presence, safeColor } from './presence.svelte.ts';

const ana = { id: 'usr_ana', name: 'Ana', color: '#e07050' };

function anAwareness(): awarenessProtocol.Awareness {
	return new awarenessProtocol.Awareness(new Y.Doc());
}

function tell(from: awarenessProtocol.Awareness, to: awarenessProtocol.Awareness): void {
	awarenessProtocol.applyAwarenessUpdate(
		to,
		awarenessProtocol.encodeAwarenessUpdate(from, [from.clientID]),
		'remote'
	);
}

describe('presence', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	it('says at most 20 things a second, and the last one always', () => {
		const awareness = anAwareness();
		const presence = new Presence(awareness, ana);
		let said = 0;
		awareness.on('update', () => said++);

		for (let i = 0; i < 100; i++) {
			presence.point({ slot: 'base/medium', u: i / 100, v: 0.5 });
			vi.advanceTimersByTime(10);
		}
		vi.advanceTimersByTime(100);

		expect(said).toBeLessThanOrEqual(21);
		expect(awareness.getLocalState()?.cursor).toEqual({ slot: 'base/medium', u: 0.99, v: 0.5 });
		presence.end();
		awareness.destroy();
	});

	it('falls idle after a minute without a stir and hides the cursor', () => {
		const awareness = anAwareness();
		const presence = new Presence(awareness, ana);
		presence.point({ slot: 'base/medium', u: 0.1, v: 0.5 });

		vi.advanceTimersByTime(IDLE_AFTER_MS + 100);
		expect(awareness.getLocalState()).toMatchObject({ idle: true, cursor: null });

		presence.stir();
		vi.advanceTimersByTime(100);
		expect(awareness.getLocalState()).toMatchObject({ idle: false });
		presence.end();
		awareness.destroy();
	});

	it('tells people from the farm, and reads broken states as nobody', () => {
		const awareness = anAwareness();
		const presence = new Presence(awareness, ana);
		const ben = anAwareness();
		ben.setLocalState({ user: { id: 'usr_ben', name: 'Ben', color: 'url(x)' }, holding: 'time_of_day' });
		const farm = anAwareness();
		farm.setLocalState({
			farm: {
				jobs: { job_1: { environment: 'env_1', slot: 'base/medium', lane: 'settled', state: 'running', progress: 0.4, phase: 'building' } },
				previews: { 'env_1/base/medium': { image: 'aa', width: 512, height: 288 } }
			}
		});
		const broken = anAwareness();
		broken.setLocalState({ user: 'me' });

		for (const other of [ben, farm, broken]) tell(other, awareness);

		expect(presence.others.map((p) => [p.user.name, p.user.color, p.holding])).toEqual([['Ben', '#9a9a9a', 'time_of_day']]);
		expect(presence.farm.jobs.job_1?.progress).toBe(0.4);
		expect(presence.farm.previews['env_1/base/medium']?.image).toBe('aa');
		presence.end();
		for (const each of [awareness, ben, farm, broken]) each.destroy();
	});

	it('lets only plain colours into styles', () => {
		expect(safeColor('#e07050')).toBe('#e07050');
		expect(safeColor('hsl(120, 40%, 50%)')).toBe('hsl(120, 40%, 50%)');
		expect(safeColor('red;background:url(x)')).toBe('#9a9a9a');
	});
});

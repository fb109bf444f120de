import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { History } from './history.svelte.ts';
import { ProjectDocument } from './project.svelte.ts';

function aProject(): { project: ProjectDocument; id: string } {
	const project = new ProjectDocument(new Y.Doc());
	const id = project.create({
		name: 'North ridge',
		description: '',
		location_type: 'exterior',
		parameters: { archetype: 'alpine', time_of_day: 9 },
		created_by: 'usr_ana',
		created_at_s: 1000
	});
	return { project, id };
}

function exchange(a: Y.Doc, b: Y.Doc): void {
	Y.applyUpdate(b, Y.encodeStateAsUpdate(a, Y.encodeStateVector(b)), 'remote');
	Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)), 'remote');
}

describe('the project store', () => {
	it('re-runs only what read the section that changed', () => {
		const { project, id } = aProject();
		const other = project.create({
			name: 'Harbour', description: '', location_type: 'exterior', parameters: {}, created_by: '', created_at_s: 2000
		});
		const runs = { hour: 0, names: 0, other: 0 };
		const stop = $effect.root(() => {
			$effect(() => {
				void project.environment(id)?.parameter('time_of_day');
				runs.hour++;
			});
			$effect(() => {
				void project.environments.map((e) => e.name);
				runs.names++;
			});
			$effect(() => {
				void project.environment(other)?.parameter('time_of_day');
				runs.other++;
			});
		});
		flushSync();

		project.environment(id)?.setParameter('time_of_day', 18.5);
		flushSync();

		expect(runs).toEqual({ hour: 2, names: 1, other: 1 });
		stop();
	});

	it('shows an environment that arrives from somebody else, and its picture when it lands', () => {
		const { project, id } = aProject();
		const here = new ProjectDocument(new Y.Doc());
		const seen: string[] = [];
		const stop = $effect.root(() => {
			$effect(() => {
				const environment = here.environments[0];
				seen.push(environment ? `${environment.name} ${environment.render('base/wide_establishing')?.image ?? '-'}` : 'none');
			});
		});
		flushSync();

		exchange(project.doc, here.doc);
		flushSync();
		const renders = project.environment(id)?.map?.get('renders') as Y.Map<unknown>;
		renders.set('base/wide_establishing', { state: 'done', image: 'aa' });
		exchange(project.doc, here.doc);
		flushSync();

		expect(seen).toEqual(['none', 'North ridge -', 'North ridge aa']);
		stop();
	});

	it('merges what two people did while apart, by key, and loses nothing', () => {
		const { project: ana, id } = aProject();
		const ben = new ProjectDocument(new Y.Doc());
		exchange(ana.doc, ben.doc);

		ana.environment(id)?.setParameter('time_of_day', 6.2);
		ana.environment(id)?.addTag('Dawn');
		ben.environment(id)?.setParameter('haze', 0.7);
		ben.environment(id)?.rename('North ridge, east face');
		const added = ben.create({
			name: 'Hut', description: '', location_type: 'interior', parameters: {}, created_by: 'usr_ben', created_at_s: 3000
		});
		exchange(ana.doc, ben.doc);

		for (const side of [ana, ben]) {
			const environment = side.environment(id);
			expect(environment?.parameter('time_of_day')).toBe(6.2);
			expect(environment?.parameter('haze')).toBe(0.7);
			expect(environment?.name).toBe('North ridge, east face');
			expect(environment?.tags).toEqual(['dawn']);
			expect(side.environment(added)?.name).toBe('Hut');
		}
		expect(ana.doc.toJSON()).toEqual(ben.doc.toJSON());
	});

	it('writes nothing when the value is the one that stands already', () => {
		const { project, id } = aProject();
		let updates = 0;
		project.doc.on('update', () => updates++);

		project.environment(id)?.setParameter('time_of_day', 9);

		expect(updates).toBe(0);
	});

	it('keeps a variation a map and replaces its overrides whole', () => {
		const { project, id } = aProject();
		const variations = project.environment(id)?.map?.get('variations') as Y.Map<unknown>;
		variations.set('var_dusk', new Y.Map<unknown>([['label', 'Dusk'], ['axis', 'time_of_day'], ['overrides', { time_of_day: 19.4 }]]));

		project.environment(id)?.setOverride('var_dusk', 'haze', 0.6);

		expect(project.environment(id)?.variations).toEqual([
			{ id: 'var_dusk', label: 'Dusk', axis: 'time_of_day', overrides: { time_of_day: 19.4, haze: 0.6 } }
		]);
	});
});

describe('undo', () => {
	it("takes back one's own step and leaves everybody else's work alone", () => {
		const { project: ana, id } = aProject();
		const ben = new ProjectDocument(new Y.Doc());
		exchange(ana.doc, ben.doc);
		const history = new History(ana.environment(id)?.map as Y.Map<unknown>);

		ana.environment(id)?.setParameter('time_of_day', 18);
		ben.environment(id)?.setParameter('haze', 0.9);
		exchange(ana.doc, ben.doc);
		expect(history.can_undo).toBe(true);
		history.undo();
		exchange(ana.doc, ben.doc);

		expect(ben.environment(id)?.parameter('time_of_day')).toBe(9);
		expect(ben.environment(id)?.parameter('haze')).toBe(0.9);
		expect(history.can_redo).toBe(true);
	});

	it('does not take back what somebody else has changed since', () => {
		const { project: ana, id } = aProject();
		const ben = new ProjectDocument(new Y.Doc());
		exchange(ana.doc, ben.doc);
		const history = new History(ana.environment(id)?.map as Y.Map<unknown>);

		ana.environment(id)?.setParameter('time_of_day', 18);
		exchange(ana.doc, ben.doc);
		ben.environment(id)?.setParameter('time_of_day', 21);
		exchange(ana.doc, ben.doc);
		history.undo();

		expect(ana.environment(id)?.parameter('time_of_day')).toBe(21);
	});

	it('makes one step of a gesture, however many values passed under the hand', () => {
		const { project, id } = aProject();
		const environment = project.environment(id);
		const history = new History(environment?.map as Y.Map<unknown>);

		history.begin();
		for (let hour = 10; hour <= 20; hour++) environment?.setParameter('time_of_day', hour);
		history.end();
		environment?.setParameter('haze', 0.8);
		history.undo();
		expect(environment?.parameter('time_of_day')).toBe(20);

		history.undo();
		expect(environment?.parameter('time_of_day')).toBe(9);
		history.redo();
		expect(environment?.parameter('time_of_day')).toBe(20);
	});

	it('takes a camera away with its pictures, and undo brings both back', () => {
		const { project, id } = aProject();
		const environment = project.environment(id);
		const history = new History(environment?.map as Y.Map<unknown>);
		environment?.setCamera('cam_a', { kind: 'custom', name: 'Ridge', position_m: [0, 0, 2], look_at_m: [0, 50, 2] });
		environment?.adjustCamera('cam_a', { focal_mm: 50 });
		expect(environment?.cameras.get('cam_a')).toMatchObject({ name: 'Ridge', focal_mm: 50 });
		project.doc.transact(() => {
			const renders = environment?.map?.get('renders') as Y.Map<unknown>;
			for (const slot of ['base/cam_a', 'time-dawn/cam_a', 'base/medium']) renders.set(slot, { state: 'done' });
		}, 'farm');
		history.end();

		environment?.removeCamera('cam_a');
		expect([environment?.cameras.size, environment?.slots]).toEqual([0, ['base/medium']]);
		environment?.adjustCamera('cam_a', { focal_mm: 85 });
		expect(environment?.cameras.size).toBe(0);

		history.undo();
		expect(environment?.cameras.get('cam_a')?.name).toBe('Ridge');
		expect(environment?.slots.sort()).toEqual(['base/cam_a', 'base/medium', 'time-dawn/cam_a']);
		history.close();
	});
});

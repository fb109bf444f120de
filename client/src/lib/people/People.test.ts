import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import Invite from './Invite.svelte';
import MemberRow from './MemberRow.svelte';

const ana = { id: 'usr_ana', name: 'Ana Ruiz', email: 'ana@example.com', color: '#e07050' };
let asked: { method: string; url: string; body: unknown }[];

function answering(status: number, body: unknown): void {
	vi.stubGlobal('fetch', async (request: Request) => {
		asked.push({ method: request.method, url: new URL(request.url).pathname, body: await request.json().catch(() => null) });
		return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
	});
}

beforeEach(() => (asked = []));
afterEach(() => vi.unstubAllGlobals());

async function fill(email: string, name: string): Promise<void> {
	await fireEvent.input(screen.getByLabelText('E-mail'), { target: { value: email } });
	await fireEvent.input(screen.getByLabelText(/^Name/), { target: { value: name } });
	await fireEvent.submit(screen.getByTestId('invite'));
}

describe('inviting', () => {
	it('sends who and as what, and hands on the member with the link', async () => {
		const oninvited = vi.fn();
		answering(201, { user: ana, role: 'editor', sign_in_url: 'http://x/sign-in?token=1' });
		render(Invite, { project: 'prj_1', oninvited });

		await fill(' ana@example.com ', 'Ana Ruiz');

		await vi.waitFor(() => expect(oninvited).toHaveBeenCalledOnce());
		expect(asked).toEqual([{ method: 'POST', url: '/api/projects/prj_1/members', body: { email: 'ana@example.com', name: 'Ana Ruiz', role: 'editor' } }]);
		expect((screen.getByLabelText('E-mail') as HTMLInputElement).value).toBe('');
	});

	it('says what is wrong at the field it is about, keeps what was typed and goes there', async () => {
		answering(422, { title: 'Invalid', status: 422, detail: 'email: must look like name@example.com', errors: [{ field: 'email', message: 'must look like name@example.com' }] });
		render(Invite, { project: 'prj_1', oninvited: () => {} });

		await fill('ana', 'Ana');

		const email = screen.getByLabelText('E-mail') as HTMLInputElement;
		await vi.waitFor(() => expect(email.getAttribute('aria-invalid')).toBe('true'));
		expect(document.getElementById(email.getAttribute('aria-describedby') ?? '')?.textContent).toBe('Must look like name@example.com');
		expect(email.value).toBe('ana');
		expect(document.activeElement).toBe(email);
	});

	it('says of somebody who is in already that their role is in the list', async () => {
		answering(409, { title: 'Conflict', status: 409, detail: 'x is a member already', errors: [] });
		render(Invite, { project: 'prj_1', oninvited: () => {} });
		await fill('ana@example.com', '');
		await screen.findByText(/ana@example.com is in this project already/);
	});
});

describe('a member', () => {
	const props = { member: { user: ana, role: 'owner' as const }, is_me: false, is_here: false, may_change: true, link: undefined, problem: undefined, onrole: async () => {}, onremove: async () => {} };

	it('keeps their role on screen when the change is refused', async () => {
		const onrole = vi.fn(async () => {});
		const { rerender } = render(MemberRow, { ...props, onrole });
		const select = screen.getByLabelText('Role of Ana Ruiz') as HTMLSelectElement;

		await fireEvent.change(select, { target: { value: 'viewer' } });
		expect(onrole).toHaveBeenCalledWith('viewer');
		await rerender({ ...props, problem: 'Ana Ruiz is the only owner. Make somebody else an owner first.' });

		expect(select.value).toBe('owner');
		expect(screen.getByRole('alert').textContent).toContain('only owner');
	});

	it('is taken out only after one is asked again', async () => {
		const onremove = vi.fn(async () => {});
		render(MemberRow, { ...props, onremove });
		await fireEvent.click(screen.getByLabelText('Remove Ana Ruiz'));
		expect(onremove).not.toHaveBeenCalled();
		await fireEvent.click(within(screen.getByRole('group')).getByText('Remove'));
		expect(onremove).toHaveBeenCalledOnce();
	});

	it('is only read by those who are no owner', () => {
		render(MemberRow, { ...props, may_change: false });
		expect(screen.queryByRole('combobox')).toBeNull();
		expect(screen.queryByRole('button')).toBeNull();
		expect(screen.getByText('Owner')).toBeTruthy();
	});
});

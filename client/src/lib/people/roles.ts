// The four roles in words, weakest first.

import type { Role } from '../api/client.ts';

export const ROLES: { id: Role; label: string; may: string }[] = [
	{ id: 'viewer', label: 'Viewer', may: 'Sees every change as it happens' },
	{ id: 'reviewer', label: 'Reviewer', may: 'Sees, comments and votes' },
	{ id: 'editor', label: 'Editor', may: 'Makes and changes places' },
	{ id: 'owner', label: 'Owner', may: 'Edits, and decides who is here' }
];

export function roleLabel(role: Role): string {
	return ROLES.find((r) => r.id === role)?.label ?? role;
}

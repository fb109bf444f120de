// What went wrong on the way to the server, in words a person can act on.

export interface FieldProblem {
	field: string;
	message: string;
}

/** The server answered with a problem (RFC 9457), or did not answer at all (`status` 0). */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly title: string,
		message: string,
		readonly fields: FieldProblem[] = [],
		readonly request_id: string = ''
	) {
		super(message);
		this.name = 'ApiError';
	}

	get is_offline(): boolean {
		return this.status === 0;
	}
}

export function problemOf(status: number, body: unknown): ApiError {
	const problem = (typeof body === 'object' && body !== null ? body : {}) as {
		title?: unknown;
		detail?: unknown;
		errors?: unknown;
		request_id?: unknown;
	};
	const fields = Array.isArray(problem.errors)
		? problem.errors.filter((e): e is FieldProblem => typeof e?.field === 'string' && typeof e?.message === 'string')
		: [];
	const title = typeof problem.title === 'string' ? problem.title : `Error ${status}`;
	const detail = typeof problem.detail === 'string' && problem.detail ? problem.detail : title;
	const said = fields.length && !fields.some((f) => detail.includes(f.message));
	const text = said ? fields.map((f) => `${f.field}: ${f.message}`).join('; ') : detail;
	return new ApiError(status, title, text, fields, typeof problem.request_id === 'string' ? problem.request_id : '');
}

export function offlineError(): ApiError {
	return new ApiError(0, 'No connection', 'The server cannot be reached. Try again when you are online.');
}

/** One sentence about anything thrown. */
export function sentence(error: unknown): string {
	if (error instanceof ApiError) {
		const text = error.fields.length ? error.message : capital(error.message);
		return error.request_id && error.status >= 500 ? `${text} (request ${error.request_id})` : text;
	}
	return error instanceof Error ? error.message : String(error);
}

function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

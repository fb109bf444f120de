// @vitest-environment node
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('the REST types are those of the server’s OpenAPI file (else: npm run types)', async () => {
	const made = astToString(await openapiTS(await readFile('openapi.json', 'utf8')));
	const kept = await readFile('src/lib/api/schema.gen.ts', 'utf8');

	const body = (text: string): string => text.slice(text.indexOf('export interface paths'));
	expect(body(kept)).toBe(body(made));
});

import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { openApiOf } from '../../server/src/http/openapi/document.ts';
import { routesOf } from '../../server/src/http/routes.ts';
import { pageOf } from '../support/guide.ts';

const unseen = () => {
  throw new Error('no server runs');
};
const routes = routesOf({ livez: unseen, readyz: unseen, metrics: unseen }, true);
/** What a tool that has never seen Confer reads of it. */
const page = pageOf('docs/openapi.json');

it('docs/openapi.json says what the routes and the schema of messages say; node scripts/openapi.mjs writes it', () => {
  expect(JSON.parse(page)).toEqual(openApiOf(routes));
});

it('docs/openapi.json is a document of OpenAPI 3.1, and would be seen not to be', async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(page))).toMatchObject({ valid: true });
  expect(validator.version).toBe('3.1');
  const wrong = page.replace('"in": "path"', '"in": "nowhere"');
  expect(await validator.validate(JSON.parse(wrong))).toMatchObject({ valid: false });
});

it('names each operation once', () => {
  const names = [...page.matchAll(/"operationId": "(\w+)"/g)].map(([, name]) => name);
  expect(names).toHaveLength(routes.length);
  expect(new Set(names).size).toBe(names.length);
});

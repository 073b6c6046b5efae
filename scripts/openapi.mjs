/** Writes docs/openapi.json: what HTTP offers, made of the routes of the built server. */
import { writeFileSync } from 'node:fs';
import { openApiOf } from '../server/dist/http/openapi/document.js';
import { routesOf } from '../server/dist/http/routes.js';

/** No server runs, so there is nothing to be seen of one. */
const nothing = { livez: unseen, readyz: unseen, metrics: unseen };

function unseen() {
  throw new Error('nobody asks while the document is written');
}

const document = JSON.stringify(openApiOf(routesOf(nothing, true)), null, 2);
writeFileSync(new URL('../docs/openapi.json', import.meta.url), `${document}\n`);

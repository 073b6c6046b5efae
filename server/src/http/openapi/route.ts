import { jsonAnswer } from '../answers.ts';
import type { OpenRoute, Route } from '../route.ts';
import { openApiOf } from './document.ts';
import type { JsonSchema } from './json-schema.ts';

/** Serves the document of some routes, in which it is one itself. It says what every server of this version says. */
export function openApiRoute(routes: readonly Route[]): OpenRoute {
  let document: JsonSchema | undefined;
  const route: OpenRoute = {
    ...{ method: 'GET', pattern: '/v1/openapi.json', query: [], access: 'anybody' },
    handle: () => {
      document ??= openApiOf([...routes, route]);
      return jsonAnswer(document);
    },
  };
  return route;
}

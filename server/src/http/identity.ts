import { jsonAnswer } from './answers.ts';
import type { Call, KnownRoute } from './route.ts';

/** Who asks, and how the server is. */
export const identityRoutes: readonly KnownRoute[] = [
  { method: 'GET', pattern: '/v1/whoami', query: [], access: 'known', handle: whoami },
  { method: 'GET', pattern: '/v1/status', query: [], access: 'known', handle: status },
];

async function whoami({ ask }: Call) {
  const { type: _, id: __, ...identity } = await ask({ type: 'whoami', id: 0 }, 'identity');
  return jsonAnswer(identity);
}

async function status({ ask }: Call) {
  const { type: _, id: __, ...said } = await ask({ type: 'status', id: 0 }, 'status');
  return jsonAnswer(said);
}

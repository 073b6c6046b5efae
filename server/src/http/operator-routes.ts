import { ProtocolError } from '@confer/shared';
import { auditDenied } from '../api/auditing.ts';
import type { ApiContext } from '../api/context.ts';
import { requireOverAll } from '../auth/authorise.ts';
import type { Principal } from '../auth/principal.ts';
import { type HttpAnswer, headOf, TEXT, textAnswer } from './answers.ts';
import type { Call, Method, Route, Visit } from './route.ts';

/** What a probe is answered with. */
interface Health {
  readonly status: number;
  readonly text: string;
}

/** What there is to be told of a server as a whole. */
export interface OperatorView {
  livez(): Health;
  readyz(isVerbose: boolean): Health;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

interface Place {
  readonly method: Method;
  readonly pattern: string;
}

const LIVEZ: Place = { method: 'GET', pattern: '/livez' };
const READYZ: Place = { method: 'GET', pattern: '/readyz' };
const METRICS: Place = { method: 'GET', pattern: '/metrics' };

/**
 * What those ask who operate a server: probes, which need no token and say one word, and what needs the right to
 * operate. `isGuarded`: everybody is asked who they are. There is no exception for whoever asks from this machine:
 * behind a proxy everybody does.
 */
export function operatorRoutes(view: OperatorView, isGuarded: boolean): readonly Route[] {
  const metrics = async (): Promise<HttpAnswer> => {
    const { contentType, text } = await view.metrics();
    return { ...headOf(200, TEXT, { 'content-type': contentType }), body: text };
  };
  return [
    { ...LIVEZ, query: [], access: 'anybody', handle: () => said(view.livez()) },
    { ...READYZ, query: ['verbose'], access: 'anybody', handle: (visit) => readyz(view, visit) },
    isGuarded
      ? {
          ...{ ...METRICS, query: [], access: 'known' },
          handle: (call: Call) => {
            requireOperator('metrics', call.context);
            return metrics();
          },
        }
      : { ...METRICS, query: [], access: 'anybody', handle: metrics },
  ];
}

async function readyz(view: OperatorView, { query, who }: Visit): Promise<HttpAnswer> {
  if (query.flag('verbose') !== true) return said(view.readyz(false));
  const principal = await who();
  if (principal === undefined) throw new ProtocolError('unauthenticated', 'a token says more');
  // safeguard: details-need-the-right-to-operate
  requireOperate(principal);
  return said(view.readyz(true));
}

function said({ status, text }: Health): HttpAnswer {
  return textAnswer(text, {}, status);
}

function requireOperator(what: string, context: ApiContext): void {
  try {
    // safeguard: metrics-need-the-right-to-operate
    requireOperate(context.principal);
  } catch (error) {
    if (error instanceof ProtocolError) auditDenied(what, error, context);
    throw error;
  }
}

/** What the bootstrap token is for is no page of metrics. */
function requireOperate(principal: Principal): void {
  if (principal.kind === 'bootstrap')
    throw new ProtocolError(
      'forbidden',
      'the bootstrap token makes the first token of an admin, and nothing else',
    );
  requireOverAll(principal, 'operate');
}

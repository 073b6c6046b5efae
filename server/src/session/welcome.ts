import { type Goodbye, limits, PROTOCOL_VERSION, type Welcome } from '@confer/shared';
import type { ApiContext } from '../api/context.ts';
import { expiryOf } from '../api/identity.ts';
import type { SessionService } from './service.ts';

/** What a server says to a hello. */
export function welcomeOf(
  session: string,
  context: Pick<ApiContext, 'principal' | 'service'>,
  { store, hub, heartbeatMs, auth }: SessionService,
): Welcome {
  const { pathBytesMax, valueBytesMax, frameBytesMax, messageBytesMax } = limits;
  const { operationsMax, watchesMax, requestsMax, commitBytesMax, waitingBytesMax } = limits;
  const timeline = store.timelines.at(-1);
  return {
    type: 'welcome',
    version: PROTOCOL_VERSION,
    session,
    epoch: store.epoch,
    ...(timeline === undefined ? {} : { timeline: timeline.id }),
    revision: hub.revision,
    heartbeatMs,
    limits: {
      pathBytesMax,
      valueBytesMax,
      frameBytesMax,
      messageBytesMax,
      operationsMax,
      watchesMax,
      requestsMax,
      commitBytesMax,
      waitingBytesMax,
    },
    ...(auth.authority.isOn ? { principal: context.principal.name } : {}),
    ...expiryOf(context.principal, context),
  };
}

/** What a client is told before its server stops. */
export function goodbyeOf(retryInMs: number): Goodbye {
  return { type: 'goodbye', code: 'shutting_down', message: 'the server is stopping', retryInMs };
}

import {
  checkSubtree,
  type Position,
  ProtocolError,
  type WatchMode,
  type WatchRequest,
} from '@confer/shared';
import { requireRight } from '../../auth/authorise.ts';
import { headerOf } from '../../transport/request-head.ts';
import { Gone } from '../gone.ts';
import { listenOn } from '../listening.ts';
import { positionOf } from '../position-text.ts';
import { BY_ITSELF, type Call, type Given, type KnownRoute } from '../route.ts';
import type { WatchingSocket } from '../watching-socket.ts';
import { EVENT_STREAM, EventReader } from './event-reader.ts';
import { EventTexts } from './event-text.ts';

/** A watch as server-sent events: the messages of the WebSocket, each as an event of its type. */
export function watchRoutes(): readonly KnownRoute[] {
  const texts = new EventTexts();
  return [
    {
      method: 'GET',
      pattern: '/v1/watch/*',
      query: ['mode', 'prev', 'after'],
      access: 'known',
      handle: (call) => watch(call, texts),
    },
  ];
}

function watch(call: Call, texts: EventTexts): Given | Promise<Given> {
  const { exchange, service, context } = call;
  const request = requestOf(call);
  if (call.isHead) {
    checkSubtree(request.path);
    requireRight(context.principal, 'read', request.path, 'subtree');
    return EVENT_STREAM;
  }
  return new Promise((resolve, reject) => {
    const reader = new EventReader({
      mode: request.mode,
      after: request.after,
      texts,
      random: service.runtime.random,
      stream: (head) => {
        resolve(BY_ITSELF);
        return exchange.stream(head);
      },
      refuse: reject,
      onDrain: () => socket.drained(),
    });
    const socket: WatchingSocket = listenOn(call, { transport: 'sse', watch: request, reader });
    call.onGone(() => {
      socket.gone();
      reject(new Gone());
    });
  });
}

function requestOf({ path, query, exchange }: Call): Omit<WatchRequest, 'type' | 'id'> {
  const after = afterOf(headerOf(exchange.head, 'last-event-id'), query.text('after'));
  const prev = query.flag('prev');
  return {
    path,
    mode: modeOf(query.text('mode')),
    ...(after === undefined ? {} : { after }),
    ...(prev === undefined ? {} : { prev }),
  };
}

function modeOf(text: string | undefined): WatchMode {
  if (text === undefined || text === 'state') return 'state';
  if (text === 'events') return text;
  throw new ProtocolError('invalid_message', 'mode is state or events');
}

/**
 * Where a reader goes on. Who comes back by himself, as `EventSource` does, has the address that he began with and the
 * last id that he has seen, which is the newer of the two.
 */
function afterOf(lastEventId: string, parameter: string | undefined): Position | undefined {
  // safeguard: last-event-id-is-newer-than-the-address
  const text = lastEventId === '' ? parameter : lastEventId;
  if (text === undefined) return undefined;
  const position = positionOf(text);
  if (position !== undefined) return position;
  throw new ProtocolError(
    'invalid_message',
    'a position is EPOCH.REVISION or EPOCH.REVISION.TIMELINE, as the id of an event and the header Confer-Position have it',
  );
}

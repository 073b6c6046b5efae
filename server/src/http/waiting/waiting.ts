import { type Position, ProtocolError, type Timer } from '@confer/shared';
import { emptyAnswer, type HttpAnswer } from '../answers.ts';
import { Gone } from '../gone.ts';
import { listenOn } from '../listening.ts';
import { positionOf, positionText } from '../position-text.ts';
import type { Call } from '../route.ts';
import type { WatchingSocket } from '../watching-socket.ts';
import { ChangedPaths } from './changed-paths.ts';
import { type Outcome, type WaitFor, WaitReader } from './wait-reader.ts';

/** What a read that waits takes beside its own parameters. */
export const WAIT_PARAMETERS = ['wait', 'after'] as const;

/** Beyond that, proxies and clients have given up long ago; one that waits longer asks again. */
const WAIT_MS_MAX = 10 * 60_000;

/** A wait whose time is over before its watch has caught up is looked at again after that long. */
const AGAIN_MS = 20;

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000 } as const;

const paths = new ChangedPaths();

/**
 * Has a read wait for the first commit after a position, where it asks for that. Returns the answer to one that has
 * waited in vain (304, with the position up to which nothing came); nothing where it is time to read.
 */
export async function waited(call: Call, what: WaitFor['what']): Promise<HttpAnswer | undefined> {
  const waitMs = waitMsOf(call);
  if (waitMs === undefined) return undefined;
  const outcome = await outcomeOf(call, what, waitMs, afterOf(call));
  if (outcome.kind === 'changed') return undefined;
  const { revision } = outcome.position;
  return emptyAnswer(304, {
    'confer-revision': String(revision),
    'confer-position': positionText(outcome.position),
  });
}

function outcomeOf(
  call: Call,
  what: WaitFor['what'],
  waitMs: number,
  after: Position,
): Promise<Outcome> {
  const { path, service } = call;
  return new Promise<Outcome>((resolve, reject) => {
    let timer: Timer | undefined;
    const reader = new WaitReader({
      waitFor: { path, what, after },
      paths,
      onBegun: () => askIn(waitMs),
      onOutcome: (outcome) =>
        service.readers.wake(() => {
          socket.gone();
          resolve(outcome);
        }),
      onFailed: reject,
    });
    const askIn = (ms: number) => {
      timer = service.clock.setTimer(ms, () => {
        reader.timeIsOver();
        askIn(AGAIN_MS);
        socket.beat();
      });
    };
    const watch = { path, mode: 'events', after } as const;
    const socket: WatchingSocket = listenOn(call, {
      ...{ transport: 'http', watch, reader },
      onOver: () => timer?.cancel(),
    });
    call.onGone(() => {
      socket.gone();
      reject(new Gone());
    });
  });
}

/** How long a read is to wait; `undefined` where it does not ask for that. */
function waitMsOf({ query }: Call): number | undefined {
  const text = query.text('wait');
  if (text === undefined) return undefined;
  const [, digits, unit = 's'] = /^([0-9]{1,6})(ms|s|m)?$/.exec(text) ?? [];
  const waitMs = Number(digits) * (unit === 'ms' || unit === 'm' ? UNITS_MS[unit] : UNITS_MS.s);
  // safeguard: waits-are-bounded
  if (waitMs <= WAIT_MS_MAX) return waitMs;
  throw wrong('wait is a time up to ten minutes: 500ms, 60s, 10m');
}

function afterOf({ query }: Call): Position {
  if (query.text('at') !== undefined)
    throw wrong('a read waits for what is there then: wait goes without at');
  const text = query.text('after');
  const position = text === undefined ? undefined : positionOf(text);
  if (position !== undefined) return position;
  throw wrong(
    'wait needs after=POSITION: the header Confer-Position of the answer that was read before',
  );
}

function wrong(message: string): ProtocolError {
  return new ProtocolError('invalid_message', message);
}

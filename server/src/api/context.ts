import {
  type Clock,
  type Hello,
  ProtocolError,
  type Reply,
  type ServerFigures,
  type Status,
} from '@confer/shared';
import type { Audit } from '../audit/audit.ts';
import type { AuditActor } from '../audit/events.ts';
import type { Auth } from '../auth/auth.ts';
import type { Principal } from '../auth/principal.ts';
import type { Counters } from '../counters.ts';
import type { Leases } from '../lease/leases.ts';
import { errorText, type Log } from '../log.ts';
import type { Measures } from '../measures.ts';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../tracing.ts';
import type { Hub } from '../watch/hub.ts';
import type { FrameSink, WatchSink } from '../watch/watch-sink.ts';
import type { Watcher } from '../watch/watcher.ts';
import type { Peers, Report } from './peers.ts';

/** How a server writes down what is done: not at all, as well as can be, or before it is done. */
export interface Auditing {
  readonly audit: Audit;
  /** Nothing is written whose line cannot be. */
  readonly isRequired: boolean;
  /** Subtrees of which even what is read is written down. */
  readonly sensitive: readonly string[];
}

/** What requests are done with, whoever asks. */
export interface Service {
  readonly store: Store;
  readonly hub: Hub;
  readonly leases: Leases;
  readonly log: Log;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly clock: Clock;
  /** How long the process has run, whatever is done to the clock of the machine. */
  readonly uptimeMs: () => number;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  readonly auth: Auth;
  /** Missing where nothing is written down. */
  readonly auditing?: Auditing;
  /** Missing where nobody traces. */
  readonly tracing?: Tracing;
  /** Watches of all connections together. */
  readonly watchesMax: number;
  /** All that are connected. */
  readonly peers: Peers<ApiContext>;
  readonly status: () => Omit<Status, 'type' | 'id'>;
  /** What was counted and measured, for those who operate the server. */
  readonly figures: () => ServerFigures;
}

/** What an operator is told of a connection. */
export interface Link {
  /** The library that has its socket. */
  readonly transport: string;
  /** Bytes that wait because it does not take them. */
  readonly bufferedBytes: number;
}

/** Where the frames of watches go, and from where what is asked comes. */
export interface ApiSink extends WatchSink {
  readonly address: string;
  /** The name of the connection. */
  readonly id: string;
  /** By how long the process had run. */
  readonly openedAtMs: number;
  readonly frames: FrameSink & Link;
}

/** Who asks, and where the frames of his watches go. No socket is needed for it. */
export interface ApiContext {
  readonly service: Service;
  /** By the policy that holds now. */
  readonly principal: Principal;
  /** Goes on as the same principal with another token. */
  readonly adopt: (principal: Principal) => void;
  readonly sink: ApiSink;
  /** What the client says of itself. */
  readonly client: Hello['client'];
  /** The same as the audit has it. */
  readonly actor: AuditActor;
  /** The watches that were opened through `sink`, by their name. */
  readonly watches: Map<string, Watcher>;
  /** What the program says of itself, by path. */
  readonly reports: Map<string, Report>;
  /** The revision up to which its watches have applied everything, as it said last. */
  readonly applied: number | undefined;
}

/**
 * A request that waits for something, and is worked on only then: in its turn and while its connection takes
 * answers, as if it had come just then. A thousand reads may wait for the same.
 */
export class Later {
  readonly ready: Promise<() => Reply>;

  constructor(ready: Promise<() => Reply>) {
    this.ready = ready;
  }
}

/** Answers once something is there; at once, where it need not be waited for. */
export function answerAfter(
  wait: Promise<unknown> | undefined,
  answer: () => Reply,
  id: number,
  service: Service,
): Reply | Later {
  if (wait === undefined) return answer();
  const work = () => {
    try {
      return answer();
    } catch (error) {
      return errorReply(id, error, service);
    }
  };
  return new Later(
    wait.then(
      () => work,
      (error: unknown) => () => errorReply(id, error, service),
    ),
  );
}

/** The answer to a request that failed. What nobody expected is a bug, and has its place in the log. */
export function errorReply(id: number, error: unknown, { log }: Service): Reply {
  if (error instanceof ProtocolError)
    return { type: 'error', id, code: error.code, message: error.message, ...error.details };
  log('error', 'a request failed unexpectedly', { error: errorText(error) });
  return { type: 'error', id, code: 'internal', message: 'a bug in the server; its log says more' };
}

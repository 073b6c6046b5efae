import type { Reply, Request } from '@confer/shared';
import type { ApiContext } from '../api/context.ts';
import type { Principal } from '../auth/principal.ts';
import type { Exchange } from '../transport/exchange.ts';
import type { HttpAnswer } from './answers.ts';
import type { HttpService } from './http-service.ts';
import type { Query } from './target.ts';

/** `HEAD` is answered by what answers `GET`, and `OPTIONS` by all together. */
export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** Of a route that streams: it has answered the exchange by itself. */
export const BY_ITSELF = Symbol('by itself');

export type Given = HttpAnswer | typeof BY_ITSELF;

/** One request at a route. */
export interface Visit {
  readonly exchange: Exchange;
  /** Whether nothing but the head of the answer is asked for. */
  readonly isHead: boolean;
  /** What the star of the pattern stands for: a path of Confer, decoded and not judged; the root where there is none. */
  readonly path: string;
  readonly query: Query;
  /**
   * Who asks; undefined of those who do not say. Rejects with `unauthenticated`, `token_expired` or `rate_limited` of
   * those who say it wrongly, and what this throws is answered as it should be.
   */
  who(): Promise<Principal | undefined>;
  /** Names somebody more who is told when the other side goes before it has its answer; at once where it has gone. */
  onGone(told: () => void): void;
}

/** One of somebody who is known. */
export interface Call extends Visit {
  readonly service: HttpService;
  readonly context: ApiContext;
  /** Has a request of the protocol answered, by its rights. Rejects with the `HttpFailure` of an error. */
  ask<Type extends Reply['type']>(
    request: Request,
    type: Type,
  ): Promise<Extract<Reply, { type: Type }>>;
  /** What is made of the text of the body. Rejects with what `of` throws, and with a failure where it is no UTF-8. */
  readBody<Result>(bytesMax: number, of: (text: string) => Result): Promise<Result>;
}

interface Place {
  readonly method: Method;
  /** `/v1/status`, or with a star at the end, which stands for a path of Confer: `/v1/kv/*`. */
  readonly pattern: string;
  /** The parameters that it takes. */
  readonly query: readonly string[];
}

/** Answers anybody, whether there is a store or not. */
export interface OpenRoute extends Place {
  readonly access: 'anybody';
  readonly handle: (visit: Visit) => Given | Promise<Given>;
}

/** Answers those who are known, once a store is served. */
export interface KnownRoute extends Place {
  readonly access: 'known';
  readonly handle: (call: Call) => Given | Promise<Given>;
}

export type Route = OpenRoute | KnownRoute;

import { type DownMessage, decodeDown, decodeUp, isHiddenIn, type UpMessage } from '@confer/shared';
import { JoinedPiecesByLink } from '../../../shared/src/test-support/joined-pieces.ts';
import type { PolicyModel } from './policy-model.ts';

interface Connection {
  /** Who it acts for, by the token of its hello. */
  readonly principal: string;
  /** What was asked, by number, and the revision that the server showed by then. */
  readonly asked: Map<number, { readonly message: UpMessage; readonly at: number }>;
  /** By name, the subtree of each watch that is there. */
  readonly watches: Map<string, string>;
}

export interface RightsJudgeOptions {
  readonly policy: PolicyModel;
  /** Whose a token is. */
  readonly ownerOf: (token: string) => string | undefined;
  /** Up to here, everything that came out of the store has been handed on. */
  readonly settled: () => number;
  readonly onProblem: (problem: string) => void;
  /** A right was missing, and somebody was told so. */
  readonly onRefused: (owner: string, path: string) => void;
}

/**
 * Judges W11 on the wire: no frame of a revision at which its reader had no right, and none that is not covered by the
 * rights of the moment. It sees frames in the order in which the server sends them.
 */
export class RightsJudge {
  readonly #options: RightsJudgeOptions;
  readonly #connections = new WeakMap<object, Connection>();
  readonly #joined = new JoinedPiecesByLink();

  constructor(options: RightsJudgeOptions) {
    this.#options = options;
  }

  up(frame: string, link: object): void {
    const whole = this.#joined.take(frame, link);
    if (whole === undefined) return;
    const decoded = decodeUp(whole);
    if (!decoded.ok) return;
    const { message } = decoded;
    if (message.type === 'hello') {
      const principal = this.#options.ownerOf(message.token ?? '') ?? 'nobody';
      this.#connections.set(link, { principal, asked: new Map(), watches: new Map() });
    } else if ('id' in message)
      this.#connections.get(link)?.asked.set(message.id, { message, at: this.#options.settled() });
  }

  down(frame: string, link: { readonly owner: string }): void {
    const decoded = decodeDown(frame);
    const connection = this.#connections.get(link);
    if (!decoded.ok || connection === undefined) {
      this.#options.onProblem(`W11 ${link.owner} is told ${frame.slice(0, 80)} before its hello`);
      return;
    }
    const { message } = decoded;
    if ('watch' in message && !('id' in message)) this.#ofWatch(message, connection, link.owner);
    else if ('id' in message) this.#reply(message, connection, link.owner);
  }

  #ofWatch(
    message: Extract<DownMessage, { watch: string }>,
    connection: Connection,
    owner: string,
  ) {
    const { principal, watches } = connection;
    const subtree = watches.get(message.watch);
    const { policy, settled, onProblem, onRefused } = this.#options;
    if (subtree === undefined) {
      if (message.type !== 'watching')
        onProblem(`W11 ${principal}: ${message.type} of a watch that is not there, or no more`);
      return;
    }
    if (message.type === 'revoked') {
      watches.delete(message.watch);
      onRefused(owner, subtree);
      if (this.#may(principal, subtree, message.revision))
        onProblem(
          `W11 ${principal}: ${subtree} revoked at ${message.revision}, where it was right`,
        );
      return;
    }
    const at = Math.max(revisionOf(message), settled());
    if (!policy.may(principal, 'read', subtree, false, at))
      onProblem(`W11 ${principal} is sent ${message.type} of ${subtree} at ${at} without a right`);
    for (const path of pathsIn(message))
      if (isHiddenIn(path, subtree)) onProblem(`W11 ${principal} is sent ${path} in ${subtree}`);
  }

  #reply(reply: Extract<DownMessage, { id: number }>, connection: Connection, owner: string): void {
    const { principal, asked, watches } = connection;
    const { message, at } = asked.get(reply.id) ?? {};
    asked.delete(reply.id);
    const { settled, onProblem, onRefused, policy } = this.#options;
    if (message === undefined || at === undefined) return;
    if (message.type === 'watch' && reply.type === 'watching')
      watches.set(reply.watch, message.path);
    if (message.type === 'unwatch' && reply.type === 'unwatched') watches.delete(message.watch);
    if (message.type === 'get' || message.type === 'list' || message.type === 'watch') {
      const may = policy.may(principal, 'read', message.path, message.type === 'get', settled());
      const isForbidden = reply.type === 'error' && reply.code === 'forbidden';
      if (isForbidden) onRefused(owner, message.path);
      if (reply.type !== 'error' && !may)
        onProblem(`W11 ${principal} gets ${reply.type} of ${message.path} without a right`);
      if (isForbidden && may)
        onProblem(`W11 ${principal} is refused ${message.type} of ${message.path}, a right of it`);
    }
    if (message.type === 'commit') this.#commit(message, reply, principal, at);
  }

  /** A write is judged by the rights of when it was asked for, or of any time until it is answered. */
  #commit(
    { operations }: Extract<UpMessage, { type: 'commit' }>,
    reply: Extract<DownMessage, { id: number }>,
    principal: string,
    at: number,
  ): void {
    const { policy, settled, onProblem } = this.#options;
    const mays = policy.revisionsIn(at, settled()).map((revision) =>
      operations.every((operation) => {
        const isEntry = !(operation.type === 'delete' && operation.recursive === true);
        return policy.may(principal, 'write', operation.path, isEntry, revision);
      }),
    );
    const isForbidden = reply.type === 'error' && reply.code === 'forbidden';
    if (reply.type === 'committed' && !mays.includes(true))
      onProblem(`W11 ${principal} writes without a right`);
    if (isForbidden && !mays.includes(false))
      onProblem(`W11 ${principal} is refused a write that is a right of it`);
  }

  #may(principal: string, subtree: string, revision: number): boolean {
    return this.#options.policy.may(principal, 'read', subtree, false, revision);
  }
}

/** The newest revision that a message says something of. */
function revisionOf(message: Extract<DownMessage, { watch: string }>): number {
  if (message.type === 'commits')
    return Math.max(message.from, ...message.commits.map(({ revision }) => revision));
  return 'to' in message ? message.to : 'revision' in message ? message.revision : 0;
}

function pathsIn(message: DownMessage): string[] {
  if (message.type === 'commits')
    return message.commits.flatMap(({ changes }) => changes.map(({ path }) => path));
  return message.type === 'snapshot' ? message.entries.map(({ path }) => path) : [];
}

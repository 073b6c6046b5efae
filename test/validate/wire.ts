import {
  Digest,
  type DownMessage,
  decodeDown,
  decodeUp,
  type Position,
  type UpMessage,
} from '@confer/shared';
import { JoinedPiecesByLink } from '../../shared/src/test-support/joined-pieces.ts';
import { type Histories, isBeginningOf, modelOf } from './history.ts';

/** One watch, as its connection shows it. */
interface WireWatch {
  readonly path: string;
  /** In events mode, or had `synced`: heartbeats and answers speak of it. */
  isComplete: boolean;
  /** It has everything up to here; `undefined` until it is told. */
  position: number | undefined;
  /** The heartbeat that was sent last. */
  bookmark: number;
  /** Its position is of the very history that the server has. */
  readonly isAtHome: boolean;
  /** An event watch that missed something and does not know yet: nothing may move it. */
  readonly isUntold: boolean;
}

interface Connection {
  /** Of the server, as its `welcome` names it. */
  history: string;
  readonly asked: Map<number, { path: string; isEvents: boolean; after: Position | undefined }>;
  readonly left: Map<number, string>;
  readonly watches: Map<string, WireWatch>;
  /** The batch whose frames are being sent. */
  batch: string;
}

type Of<Type extends DownMessage['type']> = Extract<DownMessage, { type: Type }>;

export interface WireOptions {
  readonly histories: Histories;
  readonly compactedRevision: () => number;
  readonly onProblem: (problem: string) => void;
}

/** Judges what a server sends, frame by frame, whatever its clients make of it. */
export class WireJudge {
  readonly #options: WireOptions;
  readonly #connections = new WeakMap<object, Connection>();
  readonly #joined = new JoinedPiecesByLink();

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** Returns the message, if the frame is one, or ends one that came in pieces. */
  up(frame: string, link: object): UpMessage | undefined {
    const whole = this.#joined.take(frame, link);
    if (whole === undefined) return undefined;
    const decoded = decodeUp(whole);
    if (!decoded.ok) return undefined;
    const { message } = decoded;
    const connection = this.#of(link);
    if (message.type === 'watch') {
      const { id, path, mode, after } = message;
      connection.asked.set(id, { path, isEvents: mode === 'events', after });
    } else if (message.type === 'unwatch') connection.left.set(message.id, message.watch);
    return message;
  }

  /** `isFull`: the socket had said that it takes no more. */
  down(frame: string, link: object, isFull: boolean): void {
    const decoded = decodeDown(frame);
    if (!decoded.ok) {
      this.#options.onProblem(`wire: ${decoded.problem}`);
      return;
    }
    const { message } = decoded;
    const connection = this.#of(link);
    if (isFull) this.#bounded(message, connection);
    connection.batch = batchOf(message);
    this.#take(message, connection);
  }

  #take(message: DownMessage, connection: Connection): void {
    switch (message.type) {
      case 'welcome':
        connection.history = this.#options.histories.historyOf(message);
        return;
      case 'watching':
        this.#watching(message, connection);
        return;
      case 'unwatched':
        connection.watches.delete(connection.left.get(message.id) ?? '');
        return;
      case 'commits':
        this.#commits(message, connection);
        return;
      case 'synced': {
        const watch = connection.watches.get(message.watch);
        if (watch === undefined) return;
        watch.position = message.revision;
        watch.isComplete = true;
        this.#proves(message, watch, connection);
        return;
      }
      case 'resync':
      case 'compacted':
        this.#reset(message, connection);
        return;
      case 'heartbeat':
        for (const [name, watch] of connection.watches) {
          if (watch.isUntold && message.revision > 0)
            this.#options.onProblem(`W6 a heartbeat moved ${name}, which has to be told something`);
          this.#has(watch, message.revision, connection, `W6 a heartbeat passed over what ${name}`);
          // One that is still being brought up to date is not spoken of.
          if (watch.isComplete) watch.bookmark = message.revision;
        }
        return;
      case 'committed':
      case 'decided':
        if (wroteNothing(message)) return;
        for (const [name, watch] of connection.watches)
          this.#has(watch, message.revision, connection, `W12 an answer overtook what ${name}`);
        return;
      default:
    }
  }

  #watching({ id, watch, revision }: Of<'watching'>, connection: Connection): void {
    const asked = connection.asked.get(id);
    if (asked === undefined) return;
    const { path, isEvents, after } = asked;
    // A position of another history is not continued: nothing counts before the watch is told so.
    const { histories } = this.#options;
    const { truth } = histories;
    const { history } = connection;
    const from = after && { history: histories.historyOf(after), revision: after.revision };
    const isContinued = from === undefined || isBeginningOf(truth, from, history);
    const hasPosition = isContinued && (isEvents || after !== undefined);
    connection.watches.set(watch, {
      path,
      isComplete: isEvents && isContinued,
      position: hasPosition ? (after?.revision ?? revision) : undefined,
      bookmark: 0,
      isAtHome: from?.history === history && from.revision <= modelOf(truth, history).revision,
      isUntold: isEvents && !isContinued,
    });
  }

  #commits({ watch: name, to, commits, more }: Of<'commits'>, connection: Connection): void {
    const watch = connection.watches.get(name);
    if (watch === undefined) return;
    for (const { revision } of commits)
      if (watch.isComplete && revision <= watch.bookmark)
        this.#options.onProblem(
          `W6 ${name} got ${revision} after a heartbeat at ${watch.bookmark}`,
        );
    if (more !== true) watch.position = Math.max(watch.position ?? 0, to);
  }

  /** W7: the digest is that of what the subtree holds at the revision. */
  #proves(synced: Of<'synced'>, { path }: WireWatch, { history }: Connection): void {
    if (synced.digest === undefined) return;
    const model = modelOf(this.#options.histories.truth, history);
    if (synced.revision > model.revision) {
      this.#options.onProblem(
        `W7 ${synced.watch} was synced at ${synced.revision}, which never was`,
      );
      return;
    }
    const digest = new Digest();
    const entries = model.subtreeAt(synced.revision, path);
    for (const [at, { modRevision }] of entries) digest.add(at, modRevision);
    if (synced.entries !== entries.size || synced.digest !== digest.toString())
      this.#options.onProblem(
        `W7 ${synced.watch} was given a wrong digest of ${path} at ${synced.revision}`,
      );
  }

  /** W5: whoever is in history is not told that it is gone. */
  #reset(message: Of<'resync'> | Of<'compacted'>, connection: Connection): void {
    const watch = connection.watches.get(message.watch);
    if (message.type === 'compacted') connection.watches.delete(message.watch);
    if (watch?.position === undefined) return;
    const compactedRevision = this.#options.compactedRevision();
    if (message.reason === 'compacted' && watch.position >= compactedRevision)
      this.#options.onProblem(
        `W5 ${message.watch} was told ${message.type} at ${watch.position}, history begins at ${compactedRevision}`,
      );
    if (message.reason === 'epoch' && watch.isAtHome)
      this.#options.onProblem(`W5 ${message.watch} was told that its own history is another one`);
    watch.position = undefined;
    watch.isComplete = false;
    watch.bookmark = 0;
  }

  /** A watch that counts has been sent everything of its subtree up to `revision`. */
  #has(watch: WireWatch, revision: number, { history }: Connection, what: string): void {
    if (!watch.isComplete || watch.position === undefined) return;
    const model = modelOf(this.#options.histories.truth, history);
    for (let passed = watch.position + 1; passed <= revision; passed++) {
      if (passed > model.revision) this.#options.onProblem(`${what}: revision ${passed} never was`);
      else if (model.changesAt(passed, watch.path).length > 0)
        this.#options.onProblem(`${what} has to get at ${passed}`);
      else continue;
      return;
    }
    watch.position = Math.max(watch.position, revision);
  }

  /** W10: to a socket that takes no more, nothing new is begun. */
  #bounded(message: DownMessage, connection: Connection): void {
    const isNew = ['commits', 'difference', 'snapshot', 'heartbeat'].includes(message.type);
    if (isNew && batchOf(message) !== connection.batch)
      this.#options.onProblem(`W10 a full connection was sent ${message.type}`);
  }

  #of(link: object): Connection {
    const known = this.#connections.get(link);
    if (known !== undefined) return known;
    const made: Connection = {
      history: '',
      asked: new Map(),
      left: new Map(),
      watches: new Map(),
      batch: '',
    };
    this.#connections.set(link, made);
    return made;
  }
}

function batchOf(message: DownMessage): string {
  return message.type === 'commits' ? `${message.watch} ${message.to}` : '';
}

function wroteNothing(message: Of<'committed' | 'decided'>): boolean {
  if (message.type === 'decided') return message.revision === message.readRevision;
  return message.puts + message.deletes === 0;
}

import { type DownMessage, decodeDown, type Position, ProtocolError } from '@confer/shared';
import { HttpFailure } from '../failure.ts';
import type { Opening, WatchFrame, WatchReader } from '../watching-socket.ts';
import type { ChangedPaths } from './changed-paths.ts';

/** What became of a wait. */
export type Outcome =
  /** Something came after the position, and it is time to read. */
  | { readonly kind: 'changed' }
  /** Nothing did, up to this position. */
  | { readonly kind: 'idle'; readonly position: Position };

/** What a wait is for. */
export interface WaitFor {
  readonly path: string;
  /** Whether what is below the path counts, too. */
  readonly what: 'entry' | 'subtree';
  /** The position after which it counts. */
  readonly after: Position;
}

export interface WaitParts {
  readonly waitFor: WaitFor;
  readonly paths: ChangedPaths;
  /** From here on something may come. */
  readonly onBegun: () => void;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Why a position cannot be waited after, and what to do. */
const CANNOT = {
  compacted:
    'history no longer reaches back to that position: read without wait, and wait after the Confer-Position of that answer',
  epoch:
    'that position is of another history: read without wait, and wait after the Confer-Position of that answer',
} as const;

const MS_PER_S = 1_000;

/**
 * Reads the events of a subtree until the first that counts. It keeps nothing of them: whoever waited reads anew, and
 * is shown what is there then.
 */
export class WaitReader implements WatchReader {
  readonly bufferedBytes = 0;
  readonly writable = true;
  readonly #parts: WaitParts;
  /** Where the server was when the wait began. */
  #beganAt: Position | undefined;
  #isTimeOver = false;
  #isChanged = false;

  constructor(parts: WaitParts) {
    this.#parts = parts;
  }

  /** The next heartbeat that says of all that came before the wait, whether it counts, ends it. */
  timeIsOver(): void {
    this.#isTimeOver = true;
  }

  begin({ welcome: { epoch, revision, timeline } }: Opening): void {
    this.#beganAt = { epoch, revision, ...(timeline === undefined ? {} : { timeline }) };
    this.#parts.onBegun();
  }

  take(frame: WatchFrame): boolean {
    if (this.#isChanged) return false;
    if (typeof frame !== 'string') {
      const { paths, waitFor } = this.#parts;
      const counts =
        waitFor.what === 'entry' ? paths.has(frame, waitFor.path) : paths.hasAny(frame);
      if (counts) return this.#change();
      // What goes on after this is commits, of which most are for others.
      if (frame.byteLength > NOTE_BYTES_MAX) return false;
    }
    const decoded = decodeDown(typeof frame === 'string' ? frame : utf8.decode(frame));
    if (!decoded.ok) throw new Error(`the server made a bad frame: ${decoded.problem}`);
    return this.#takeNote(decoded.message);
  }

  end(error: ProtocolError): void {
    this.#parts.onFailed(error);
  }

  drop(): void {
    this.end(new ProtocolError('unavailable', 'the connection of the wait is over'));
  }

  #takeNote(message: DownMessage): boolean {
    const { path } = this.#parts.waitFor;
    switch (message.type) {
      case 'heartbeat': {
        const position = this.#nothingUpTo(message.revision);
        return position !== undefined && this.#end({ kind: 'idle', position });
      }
      case 'compacted': {
        const { reason, compactedRevision } = message;
        return this.#fail(
          new ProtocolError('compacted', CANNOT[reason], { path, compactedRevision }),
        );
      }
      case 'revoked':
        return this.#fail(new ProtocolError('forbidden', 'the right to read it has ended'));
      case 'goodbye': {
        const retryAfter = String(Math.max(1, Math.ceil(message.retryInMs / MS_PER_S)));
        const said = { code: 'shutting_down', message: message.message } as const;
        return this.#fail(new HttpFailure(said, { 'retry-after': retryAfter }));
      }
      default:
        return false;
    }
  }

  /** Whoever is told ends it, in a turn of its own: thousands may wait for the same. */
  #change(): false {
    this.#isChanged = true;
    this.#parts.onOutcome({ kind: 'changed' });
    return false;
  }

  /**
   * Where a wait whose time is over may end with nothing, by a heartbeat. Before its watch has caught up, what came
   * before the wait is still on its way to it; and one of another history is about to be told so.
   */
  #nothingUpTo(revision: number): Position | undefined {
    const { after } = this.#parts.waitFor;
    const beganAt = this.#beganAt;
    if (!this.#isTimeOver || beganAt === undefined || after.epoch !== beganAt.epoch)
      return undefined;
    // safeguard: wait-ends-at-no-older-position
    if (revision < Math.max(after.revision, beganAt.revision)) return undefined;
    return { ...beganAt, revision };
  }

  #end(outcome: Outcome): true {
    this.#parts.onOutcome(outcome);
    return true;
  }

  #fail(error: unknown): true {
    this.#parts.onFailed(error);
    return true;
  }
}

/** Messages that are no commits are shorter; shorter commits cost nothing to look at twice. */
const NOTE_BYTES_MAX = 1_024;
const utf8 = new TextDecoder();

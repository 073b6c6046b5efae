import type { Welcome } from '@confer/shared';

/** A server that beats less often could be dead for hours before anybody knew (W8). */
const HEARTBEAT_MS_MAX = 3_600_000;

/** Of histories that were left. Each start of a server begins one. */
const LEFT_MAX = 100;

/** Validates the handshake: what a `welcome` may say, after those before it. */
export class WelcomeRules {
  /** The highest revision that was seen on each timeline, the last one last. */
  readonly #seen = new Map<string, number>();
  #current = '';

  /** Why it cannot be believed, for people; otherwise it is the current one. */
  problemOf({ epoch, timeline, revision, heartbeatMs }: Welcome): string | undefined {
    if (heartbeatMs > HEARTBEAT_MS_MAX) return `a heartbeat every ${heartbeatMs} ms`;
    const name = JSON.stringify([epoch, timeline]);
    const seen = this.#seen.get(name) ?? 0;
    // Where no timeline is named, it may be a copy that was put back. Of the history that is the current
    // one, each watch knows for itself how far it came.
    if (timeline !== undefined && name !== this.#current && revision < seen)
      return `epoch ${epoch} came back at revision ${revision}, and was at ${seen} before (W9)`;
    this.#current = name;
    this.reached(revision);
    return undefined;
  }

  /** Notes how far the current history has come, and gives that back. */
  reached(revision: number): number {
    const seen = Math.max(revision, this.#seen.get(this.#current) ?? 0);
    this.#seen.delete(this.#current);
    this.#seen.set(this.#current, seen);
    for (const name of this.#seen.keys()) {
      if (this.#seen.size <= LEFT_MAX) break;
      this.#seen.delete(name);
    }
    return revision;
  }
}

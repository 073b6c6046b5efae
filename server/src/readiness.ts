/**
 * How far a server is in its life, for whoever sends clients to it.
 *
 *   starting ──► serving ──► draining ──► stopped
 */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'serving' }
  /** It finishes what it has, and new clients belong elsewhere (ms since the Unix epoch). */
  | { readonly kind: 'draining'; readonly since: number }
  | { readonly kind: 'stopped' };

/** How late a phase is. */
const ORDER: Readonly<Record<Phase['kind'], number>> = {
  starting: 0,
  serving: 1,
  draining: 2,
  stopped: 3,
};

/** Whether new clients belong here, as far as the server decides that itself: how its storage is comes on top. */
export class Readiness {
  #phase: Phase = { kind: 'starting' };

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * Goes on to a later phase; an earlier one, or the same again, changes nothing: a server that drains is never ready
   * again, and when it began does not move with a second signal.
   */
  become(next: Phase): void {
    // safeguard: draining-is-never-undone
    if (ORDER[next.kind] > ORDER[this.#phase.kind]) this.#phase = next;
  }
}

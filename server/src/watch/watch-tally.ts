import type { WatchMode } from '@confer/shared';

/** How a watch is, as an operator sees it. */
export type Standing = 'live' | 'lagging' | 'syncing';

const MODES: readonly WatchMode[] = ['state', 'events'];
const STANDINGS: readonly Standing[] = ['live', 'syncing', 'lagging'];

/** A watch, as far as it is counted. */
export interface Tallied {
  readonly mode: WatchMode;
  /** The revision up to which it was sent everything; `undefined` while it is sent a snapshot. */
  readonly sentTo: number | undefined;
}

/** How many watches are in each standing, kept as they move: nobody goes through a million of them to know. */
export class WatchTally {
  readonly #counts: Readonly<Record<WatchMode, Record<Standing, number>>> = {
    state: { live: 0, lagging: 0, syncing: 0 },
    events: { live: 0, lagging: 0, syncing: 0 },
  };
  readonly #behind = new Set<Tallied>();

  /** A watch is otherwise than before; `undefined`: it was not there, or is not any more. */
  moved(watch: Tallied, from: Standing | undefined, to: Standing | undefined): void {
    if (from === to) return;
    const counts = this.#counts[watch.mode];
    if (from !== undefined) counts[from] -= 1;
    if (to !== undefined) counts[to] += 1;
    if (to === undefined || to === 'live') this.#behind.delete(watch);
    else this.#behind.add(watch);
  }

  read(): readonly {
    readonly mode: WatchMode;
    readonly standing: Standing;
    readonly count: number;
  }[] {
    return MODES.flatMap((mode) =>
      STANDINGS.map((standing) => ({ mode, standing, count: this.#counts[mode][standing] })),
    );
  }

  /** By how many revisions the watch is behind that is furthest from one; 0: none is, or what is behind gets a snapshot. */
  lagOf(revision: number): number {
    let lag = 0;
    for (const { sentTo } of this.#behind) lag = Math.max(lag, revision - (sentTo ?? revision));
    return lag;
  }
}

import type { WatchMode } from '@confer/shared';
import type { Span, Tracing } from '../tracing.ts';
import type { SyncedBy, WatcherState } from './watcher-state.ts';

/** Traces the way up of one watch, from where it is behind until it is live, or ends. */
export class CatchUpSpan {
  readonly #tracing: Tracing;
  readonly #mode: WatchMode;
  #span: Span | undefined;
  #by: SyncedBy = 'commits';

  constructor(tracing: Tracing, mode: WatchMode) {
    this.#tracing = tracing;
    this.#mode = mode;
  }

  /** How it gets there. */
  goes(by: SyncedBy): void {
    this.#by = by;
  }

  moved(to: WatcherState['kind'], revision: number): void {
    if (to === 'live' || to === 'ended') {
      this.#span?.end({ 'confer.revision': revision, 'confer.by': this.#by, 'confer.outcome': to });
      this.#span = undefined;
      return;
    }
    if (this.#span !== undefined) return;
    this.#by = 'commits';
    this.#span = this.#tracing.begin('confer.catch_up', { 'confer.mode': this.#mode });
  }
}

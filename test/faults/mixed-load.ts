import { type Client, connect } from '@confer/client';
import { RawSocket } from '../support/raw-socket.ts';
import type { FaultProxy } from './proxy.ts';
import { until } from './scene.ts';

const ROUND_MS = 50;
const SMALL_PATHS = 500;
const LARGE_PATHS = 8;
const LARGE_CHARS = 128 * 1024;
const SUBTREES = 4;
const SUBTREE_ENTRIES = 50;
/** Revisions that a compaction leaves, so that who was cut off resumes now by history, now without. */
const KEPT_REVISIONS = 200;

/**
 * A bit of everything, at a fixed pace, on paths that come again and again: what the server holds after any
 * minute is the same, and whatever grows is not the load.
 */
export class MixedLoad {
  readonly #url: string;
  readonly #proxy: FaultProxy;
  readonly #writer: Client;
  #slow: RawSocket | undefined;
  rounds = 0;

  constructor(url: string, proxy: FaultProxy, writer: Client) {
    this.#url = url;
    this.#proxy = proxy;
    this.#writer = writer;
  }

  async run(durationMs: number, onSecond: () => void): Promise<void> {
    const startAt = performance.now();
    const endAt = startAt + durationMs;
    let secondAt = startAt;
    for (let nextAt = startAt; performance.now() < endAt; ) {
      await this.#round(this.rounds++);
      if (performance.now() >= secondAt) {
        secondAt += 1_000;
        onSecond();
      }
      nextAt = Math.max(nextAt + ROUND_MS, performance.now());
      await until('its turn', () => performance.now() >= nextAt);
    }
    this.#slow?.close();
  }

  async #round(round: number): Promise<void> {
    const isTurn = (every: number) => round % every === 0;
    await Promise.all([
      ...[0, 1, 2].map((i) => this.#small(3 * round + i)),
      isTurn(4) && this.#large(round / 4),
      isTurn(10) && this.#subtree(round / 10),
      isTurn(20) && this.#visitor(),
      isTurn(40) && this.#slowReader(),
    ]);
    if (isTurn(60)) this.#proxy.cutAll();
    if (isTurn(100)) await this.#compact();
  }

  async #small(turn: number): Promise<void> {
    await this.#writer.set(`/small/${turn % SMALL_PATHS}`, `turn ${turn}`);
  }

  async #large(turn: number): Promise<void> {
    const value = `${turn} `.padEnd(LARGE_CHARS, 'x');
    await this.#writer.set(`/large/${turn % LARGE_PATHS}`, value);
  }

  /** Written as a whole, and removed as a whole when it comes to the next. */
  async #subtree(turn: number): Promise<void> {
    const operations = Array.from({ length: SUBTREE_ENTRIES }, (_, i) => ({
      type: 'put' as const,
      path: `/subtrees/${turn % SUBTREES}/${i}`,
      value: `turn ${turn}`,
    }));
    await this.#writer.commit({ operations });
    await this.#writer.remove(`/subtrees/${(turn + 1) % SUBTREES}`, { recursive: true });
  }

  /** A client that comes, mirrors, watches and goes; and a watch on a connection that stays. */
  async #visitor(): Promise<void> {
    const visitor = connect(this.#url);
    const mirror = visitor.mirror('/small');
    const watches = [visitor.watch('/subtrees'), this.#writer.watch('/small')];
    await Promise.all([mirror.ready(), ...watches.map((watch) => watch.started())]);
    for (const watch of watches) watch.close();
    mirror.close();
    await visitor.close();
  }

  /** Asks for everything and reads nothing, until the next such takes its place. */
  async #slowReader(): Promise<void> {
    this.#slow?.close();
    this.#slow = await RawSocket.welcomed(this.#url);
    this.#slow.pause(true);
    this.#slow.send({ type: 'watch', id: 1, path: '/', mode: 'state' });
  }

  async #compact(): Promise<void> {
    const { revision } = await this.#writer.serverStatus();
    if (revision > KEPT_REVISIONS) await this.#writer.compact(revision - KEPT_REVISIONS);
  }
}

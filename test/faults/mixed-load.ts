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
/** Still goes into the server's log, and not beside it. */
const LOGGED_CHARS = 30_000;
/** Fills what the server keeps up to a size: both segments of its log and its recent commits, ... */
const FILLING_WRITES = 3_000;
const AT_A_TIME = 20;
/** ... and the pages of snapshots that it made, a MiB at each visit. */
const FILLING_VISITS = 80;
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

  /** Fills what is bounded by size, which this load would take minutes for. */
  async fill(): Promise<void> {
    const value = 'x'.repeat(LOGGED_CHARS);
    for (let turn = 0; turn < FILLING_WRITES; turn += AT_A_TIME)
      await Promise.all(
        Array.from({ length: AT_A_TIME }, (_, i) =>
          this.#writer.set(`/small/${(turn + i) % SMALL_PATHS}`, `${turn} ${value}`),
        ),
      );
    for (let turn = 0; turn < FILLING_VISITS; turn++) {
      await this.#large(turn);
      await this.#visit('/large');
    }
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
      isTurn(20) && this.#visit('/small'),
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
  async #visit(path: string): Promise<void> {
    const visitor = connect(this.#url);
    const mirror = visitor.mirror(path);
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

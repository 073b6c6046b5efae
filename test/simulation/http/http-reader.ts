import type { Clock, Entry, Position } from '@confer/shared';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { Histories, Observation, Reader } from '../../validate/history.ts';

export interface HttpReaderOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly ask: Ask;
  readonly histories: Pick<Histories, 'historyOf'>;
}

export interface Requested {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request of HTTP came to. */
export interface ReaderHandlers {
  onHead(status: number, headers: Readonly<Record<string, string>>): void;
  onBytes(bytes: Uint8Array): void;
  /** `isWhole`: all of an answer came that says how long it is. */
  onEnd(isWhole: boolean): void;
}

/** Sends a request, over whatever network there is. */
export type Ask = (request: Requested, handlers: ReaderHandlers) => void;

/** A program that reads by HTTP, for as long as a simulation takes. */
export interface HttpReader extends Reader {
  readonly observations: Observation[];
  readonly problems: readonly string[];
  /** Where it would go on from; `undefined` where it has nothing yet. */
  readonly position: Position | undefined;
  /** What it shows; undefined where it has nothing yet, or keeps nothing. */
  readonly entries: readonly Entry[] | undefined;
  /** Writes down what it shows now. */
  observe(): void;
  stop(): void;
}

export const SUBTREES = ['/', '/a', '/a/b', '/d', '/nothing', '/x'];

/** As the ids of events and headers have it. */
export function positionOf(text: string): Position | undefined {
  const [epoch, digits, timeline] = text.split('.');
  if (epoch === undefined || digits === undefined) return undefined;
  return { epoch, revision: Number(digits), ...(timeline === undefined ? {} : { timeline }) };
}

/** Between two attempts: so long as a stream says, or a second, and never all at one time. */
export function comesBackIn(retryMs: number | undefined, random: SeededRandom): number {
  return (retryMs ?? 1_000) + random.int(0, 500);
}

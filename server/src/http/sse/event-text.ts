import type { Position } from '@confer/shared';
import type { Frame } from '../../watch/frames.ts';
import { positionText } from '../position-text.ts';

/** The history that a reader reads: what its `welcome` named. */
export type ReadHistory = Pick<Position, 'epoch' | 'timeline'>;

/** A frame as a reader of server-sent events gets it. */
export interface EventText {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The revision that it brings its reader to; `undefined` of one that moves nobody. */
  readonly movesTo: number | undefined;
  /** The batch goes on in the next frame. */
  readonly goesOn: boolean;
}

/** All that stands before the lists of a frame: the names of types and watches are short. */
const HEAD_BYTES = 512;
const GOES_ON = ',"more":true}';

const utf8 = new TextEncoder();
const ascii = new TextDecoder('latin1');

/**
 * The events of frames that many get, each made once, when the first reader comes for it. The message stands in it as
 * the WebSocket has it: JSON has no line breaks, so that it is one line of data as it is.
 */
export class EventTexts {
  readonly #made = new WeakMap<Frame, EventText>();

  of(frame: Frame, history: ReadHistory): EventText {
    const known = this.#made.get(frame);
    if (known !== undefined) return known;
    const made = eventText(frame, history);
    this.#made.set(frame, made);
    return made;
  }
}

/**
 * The event of one frame. With `id:`, the position that it brings its reader to, only where it brings him to one
 * (PROTOCOL.md, 5.1): whoever comes back with the last that he has seen misses nothing and is told nothing twice.
 * It is the last line: shells read lines, and one that stood before the data could be all that came of them.
 */
export function eventText(frame: Frame, history: ReadHistory): EventText {
  const bytes = frame instanceof Uint8Array ? frame : new Uint8Array(frame);
  const head = ascii.decode(bytes.subarray(0, HEAD_BYTES));
  const type = /^\{"type":"(\w+)"/.exec(head)?.[1] ?? 'message';
  const goesOn = type === 'commits' && endsWith(bytes, GOES_ON);
  // safeguard: position-moves-at-the-end-of-a-batch
  const movesTo = goesOn ? undefined : moveOf(type, head);
  const fields = movesTo === undefined ? '' : idLine({ ...history, revision: movesTo });
  const before = utf8.encode(`event: ${type}\ndata: `);
  const after = utf8.encode(`\n${fields}\n`);
  const event = new Uint8Array(before.length + bytes.length + after.length);
  event.set(before);
  event.set(bytes, before.length);
  event.set(after, before.length + bytes.length);
  return { type, bytes: event, movesTo, goesOn };
}

/** An event of a message that is for one reader alone. `fields`: whole lines, which come after the data. */
export function ownEvent(type: string, message: string, fields = ''): string {
  return `event: ${type}\ndata: ${message}\n${fields}\n`;
}

export function idLine(position: Position): string {
  return `id: ${positionText(position)}\n`;
}

/** How long a reader is to wait before he comes back. */
export function retryLine(retryInMs: number): string {
  return `retry: ${retryInMs}\n`;
}

/**
 * The revision that a whole message brings a watch to. Numbers stand before all that comes from outside but for the name
 * of the watch, which is the server's own.
 */
function moveOf(type: string, head: string): number | undefined {
  switch (type) {
    case 'commits':
      return numberOf(/,"to":(\d+)/, head);
    case 'synced':
    // Its reader is told that he missed something, and goes on from now.
    case 'compacted':
      return numberOf(/,"revision":(\d+)/, head);
    default:
      return undefined;
  }
}

function numberOf(pattern: RegExp, head: string): number | undefined {
  const digits = pattern.exec(head)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function endsWith(bytes: Uint8Array, end: string): boolean {
  return ascii.decode(bytes.subarray(-end.length)) === end;
}

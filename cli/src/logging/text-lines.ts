import { oneLine } from '../output/text.ts';
import type { Line } from './line.ts';

/** Writes each line for people: `2026-11-28T12:00:00.000Z info what happened name=value`. */
export function textLines(now: () => number, write: (text: string) => void): (line: Line) => void {
  return ({ level, message, fields }) => {
    const more = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
    const text = `${new Date(now()).toISOString()} ${level} ${message}${more.join('')}`;
    write(`${oneLine(text)}\n`);
  };
}

import { styleText } from 'node:util';
import type { Terminal } from '../terminal.ts';

/** What decides it; `stdout` is the stream that it is for. */
export interface Surroundings {
  readonly stdout: Pick<Terminal['stdout'], 'isTty'>;
  readonly env: Terminal['env'];
}

type Paint = (text: string) => string;

export interface Palette {
  readonly dim: Paint;
  readonly added: Paint;
  readonly changed: Paint;
  readonly removed: Paint;
}

/** Colours for what goes to stdout: only on a terminal, and not where NO_COLOR asks for none. */
export function paletteOf({ stdout, env }: Surroundings): Palette {
  const on = stdout.isTty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const paint =
    (format: 'dim' | 'green' | 'yellow' | 'red'): Paint =>
    (text) =>
      // Which stream and which variables count is decided above; versions of Node differ in that.
      on ? styleText(format, text, { validateStream: false }) : text;
  return {
    dim: paint('dim'),
    added: paint('green'),
    changed: paint('yellow'),
    removed: paint('red'),
  };
}

import type { Terminal } from '../terminal.ts';

type Paint = (text: string) => string;

export interface Palette {
  readonly dim: Paint;
  readonly added: Paint;
  readonly changed: Paint;
  readonly removed: Paint;
}

/** Colours for what goes to stdout: only on a terminal, and not where NO_COLOR asks for none. */
export function paletteOf({ stdout, env }: Terminal): Palette {
  const on = stdout.isTty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const paint =
    (code: number): Paint =>
    (text) =>
      on ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { dim: paint(2), added: paint(32), changed: paint(33), removed: paint(31) };
}

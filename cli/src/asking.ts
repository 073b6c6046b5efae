import type { Context } from './context.ts';
import { declined, usageError } from './failure.ts';
import { paletteOf } from './output/colour.ts';
import type { Terminal } from './terminal.ts';

/** Whether there is a person who sees a question and can answer it. */
export function canAsk({ stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>): boolean {
  return stdin.isTty && stderr.isTty;
}

/** Asks a person; anything but a yes is a no. */
export async function agreed({ stdin }: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await stdin.ask(`${question} [y/N] `)).trim());
}

/** Says in red where this is about to write, when that is a context for production. `-q` does not silence it. */
export function warnOfProduction({ terminal, settings }: Context): void {
  const { chosen, url } = settings;
  if (chosen?.production !== true) return;
  const { removed } = paletteOf({ stdout: terminal.stderr, env: terminal.env });
  terminal.stderr.write(`${removed(`production: ${chosen.name} (${url})`)}\n`);
}

/** Asks before a command writes to production; elsewhere it does nothing. */
export async function confirmProduction(context: Context): Promise<void> {
  const { terminal, settings } = context;
  if (settings.chosen?.production !== true) return;
  const { name } = settings.chosen;
  if (settings.yes) return warnOfProduction(context);
  if (!canAsk(terminal))
    throw usageError(
      `${name} is a context for production, and there is no terminal to ask on`,
      'add -y if this is meant to write there',
    );
  warnOfProduction(context);
  if (!(await agreed(terminal, 'write there?'))) throw declined('nothing was written');
}

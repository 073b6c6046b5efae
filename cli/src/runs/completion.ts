import { type Shell, scripts } from '../completion/scripts.ts';
import type { Context } from '../context.ts';

/** Prints what a shell runs to complete the command line. */
export async function completion(context: Context, shell: Shell): Promise<void> {
  await context.terminal.stdout.write(scripts[shell]);
}

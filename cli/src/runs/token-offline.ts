import { resolve } from 'node:path';
import { newTokenText, recoverAdmin, StartError } from '@confer/server';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf } from '../output/format.ts';
import { oneLine } from '../output/text.ts';
import { handOut, type OutOptions, SECRET_FORMATS } from '../rights/hand-out.ts';
import { expiryArgument, timeText } from '../rights/times.ts';

/** Makes a token that no store knows yet. */
export async function generateToken(
  context: Context,
  options: Pick<OutOptions, 'out'>,
): Promise<void> {
  const format = formatOf(context, SECRET_FORMATS);
  await handOut(context, format, options, async () => ({ token: newTokenText(), data: {} }));
  const { command } = context.terminal;
  const file = options.out ?? 'FILE';
  notice(
    context,
    `no server knows it yet: ${command} serve --auth on --bootstrap-token-file ${file}`,
  );
}

export interface RecoverOptions extends Pick<OutOptions, 'out'> {
  readonly data: string;
  readonly name?: string;
  readonly expires: string;
}

/** Writes a token of an admin into a store that nobody serves. Says so even where it is to be quiet. */
export async function recoverToken(context: Context, options: RecoverOptions): Promise<void> {
  const format = formatOf(context, SECRET_FORMATS);
  const { clock, stderr } = context.terminal;
  const now = clock.now();
  const directory = resolve(options.data);
  const { name = `recovered-${stampOf(now)}` } = options;
  const expiresAt = expiryArgument(options.expires, now);
  const { id, revision } = await handOut(context, format, options, () =>
    recovered(directory, name, expiresAt),
  );
  const end = expiresAt === null ? 'never expires' : `expires ${timeText(expiresAt)}`;
  const lines = [
    `WARNING: ${name} (${id}) may do everything with what is in ${directory}, and ${end}`,
    `it is in the history, from revision ${revision} on; remove it when it has done its work`,
  ];
  for (const line of lines) stderr.write(`${oneLine(line)}\n`);
}

async function recovered(directory: string, name: string, expiresAt: number | null) {
  try {
    const { token, ...data } = await recoverAdmin(directory, { name, expiresAt });
    return { token, data: { name, expiresAt, ...data }, ...data };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const exitCode = error.kind === 'invalid' ? exitCodes.invalid : exitCodes.usage;
    throw new Failure(
      exitCode,
      error.kind,
      oneLine(error.message),
      'stop the server first, and name its directory with --data',
    );
  }
}

/** `20261128-081500`: a name of its own for each second. */
function stampOf(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}

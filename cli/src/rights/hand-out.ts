import type { Context } from '../context.ts';
import { type DataFormat, printData } from '../output/format.ts';
import { SecretFile } from './secret-file.ts';

/** A secret, with what may be said of it aloud. */
export interface Secret {
  readonly token: string;
  /** For programs. */
  readonly data: object;
}

export interface OutOptions {
  readonly out?: string;
  /** Whether a file that is there is what the secret is to replace. */
  readonly replaces?: boolean;
}

/** The formats of what has a secret to show. */
export const SECRET_FORMATS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;

/**
 * Has a secret made and hands it out once: alone on stdout, or into a file. Everything else is for stderr, so that
 * a pipe or `$(...)` takes the secret and nothing more.
 */
export async function handOut<Made extends Secret>(
  context: Context,
  format: 'table' | 'raw' | DataFormat,
  { out, replaces = false }: OutOptions,
  make: () => Promise<Made>,
): Promise<Made> {
  const { stdout } = context.terminal;
  const file = out === undefined ? undefined : await SecretFile.make(out, { replaces });
  let made: Made;
  try {
    made = await make();
  } catch (error) {
    await file?.discard();
    throw error;
  }
  const { token, data } = made;
  await file?.keep(token);
  const shown = file === undefined ? { token } : { file: file.path };
  if (format !== 'table' && format !== 'raw')
    await printData(context, format, { ...shown, ...data });
  else if (file === undefined) await stdout.write(format === 'raw' ? token : `${token}\n`);
  return made;
}

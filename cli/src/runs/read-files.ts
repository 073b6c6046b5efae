import { readSource, type Source, SourceError } from '../config-data/read-source.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import type { Progress } from '../output/progress.ts';
import { counted } from '../output/text.ts';

/** Reads what a person named on the command line, and tells them what was left out of it. */
export async function readFiles(
  context: Context,
  input: string,
  at: string,
  progress: Progress,
  mayBeEmpty = false,
): Promise<Source> {
  try {
    const source = await readSource(input, at, {
      onFile: (done, total) =>
        progress.tell(`reading ${input}: ${done} of ${counted(total, 'file')}`),
      mayBeEmpty,
    });
    if (source.skipped.length > 0)
      notice(context, `skipped, no YAML, JSON or TOML: ${source.skipped.join(', ')}`);
    for (const warning of source.warnings) notice(context, `warning: ${warning}`);
    return source;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new Failure(exitCodes.invalid, 'invalid_file', error.problems, 'nothing was written');
  }
}

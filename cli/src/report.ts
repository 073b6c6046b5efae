import { ConferError } from '@confer/client';
import { CollisionError } from '@confer/shared';
import { EnvironmentError } from './config-data/environment.ts';
import { exitCodeOf } from './exit-code-of.ts';
import { exitCodes, Failure, Interrupted, ProgramEnded } from './failure.ts';

/** How a command ended that threw `error`: its exit code and what people are told. */
export function reportOf(
  error: unknown,
  command: string,
): { readonly exitCode: number; readonly text: string } {
  if (error instanceof Interrupted || error instanceof ProgramEnded)
    return { exitCode: error.exitCode, text: '' };
  const failure = failureOf(error, command);
  const lines = failure.problems.map((problem) => `error[${failure.code}]: ${problem}\n`);
  const hint = failure.hint === undefined ? '' : `hint: ${failure.hint}\n`;
  return { exitCode: failure.exitCode, text: lines.join('') + hint };
}

function failureOf(error: unknown, command: string): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ConferError)
    return new Failure(
      exitCodeOf[error.code],
      error.code,
      oneLine(error.message),
      hintOf(error.code, command),
    );
  if (error instanceof CollisionError || error instanceof EnvironmentError)
    return new Failure(exitCodes.invalid, 'invalid_data', error.message);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure(exitCodes.other, 'internal', `this is a bug in confer: ${text}`);
}

/** What helps, where the message does not say it: the server does not know this command line. */
function hintOf(code: ConferError['code'], command: string): string | undefined {
  if (code !== 'forbidden') return undefined;
  return `${command} whoami says what you may do; ${command} auth check NAME VERB PATH says which rule decides`;
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ');
}

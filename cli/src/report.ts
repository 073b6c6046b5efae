import { type ClientErrorCode, ConferError } from '@confer/client';
import { CollisionError, type ErrorCode } from '@confer/shared';
import { EnvironmentError } from './config-data/environment.ts';
import { exitCodes, Failure, Interrupted, ProgramEnded } from './failure.ts';

const exitCodeOf: Readonly<Record<ErrorCode | ClientErrorCode, number>> = {
  invalid_message: exitCodes.invalid,
  unknown_type: exitCodes.other,
  invalid_path: exitCodes.invalid,
  reserved_path: exitCodes.refused,
  invalid_value: exitCodes.invalid,
  too_large: exitCodes.invalid,
  conflict: exitCodes.conflict,
  future_revision: exitCodes.invalid,
  compacted: exitCodes.notFound,
  unknown_watch: exitCodes.other,
  too_many_watches: exitCodes.refused,
  too_many_reports: exitCodes.refused,
  storage_full: exitCodes.unavailable,
  unavailable: exitCodes.unavailable,
  outcome_unknown: exitCodes.unavailable,
  damaged: exitCodes.other,
  internal: exitCodes.other,
  bad_message: exitCodes.invalid,
  unauthenticated: exitCodes.refused,
  forbidden: exitCodes.refused,
  token_expired: exitCodes.refused,
  rate_limited: exitCodes.unavailable,
  version_unsupported: exitCodes.refused,
  silent: exitCodes.unavailable,
  frame_too_large: exitCodes.invalid,
  too_many_requests: exitCodes.unavailable,
  shutting_down: exitCodes.unavailable,
  timeout: exitCodes.unavailable,
  closed: exitCodes.other,
  aborted: exitCodes.interrupted,
  invalid_argument: exitCodes.invalid,
  not_ready: exitCodes.unavailable,
  rejected: exitCodes.invalid,
  snapshot_unusable: exitCodes.other,
  override_unusable: exitCodes.other,
  tls_failed: exitCodes.refused,
};

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

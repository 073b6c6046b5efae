import { constants } from 'node:os';

/** The exit codes of the command. They are stable. */
export const exitCodes = {
  ok: 0,
  other: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  refused: 5,
  unavailable: 6,
  invalid: 7,
  notStarted: 126,
  noProgram: 127,
  interrupted: 130,
  terminated: 143,
} as const;

/** What each says, for people. */
const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  other: 'another failure, or what --dry-run, doctor and health found is not as it should be',
  usage: 'the command line is wrong, or the data cannot be opened',
  notFound: 'there is nothing at the path, or no instance',
  conflict: 'somebody else wrote first, and nothing was written, or holds the lock',
  refused: 'the server refuses, or auth check says that it would',
  unavailable: 'the server cannot be reached or did not answer in time',
  invalid: 'a path, a value or a file is invalid',
  notStarted: 'exec: the program cannot be started',
  noProgram: 'exec: the program is not there',
  interrupted: 'interrupted (Ctrl-C)',
  terminated: 'asked to end (SIGTERM)',
};

/** Both together, in the order of the codes. */
export function exitRows(): { readonly code: number; readonly meaning: string }[] {
  return Object.entries(exitMeanings).map(([name, meaning]) => ({
    code: new Map<string, number>(Object.entries(exitCodes)).get(name) ?? exitCodes.other,
    meaning,
  }));
}

/** A failure of a command: lines for people, a code for their scripts. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  readonly code: string;
  /** Each is one problem, printed as one line. */
  readonly problems: readonly string[];
  readonly hint: string | undefined;

  constructor(exitCode: number, code: string, problems: string | readonly string[], hint?: string) {
    const lines = typeof problems === 'string' ? [problems] : problems;
    super(lines.join('\n'));
    this.exitCode = exitCode;
    this.code = code;
    this.problems = lines;
    this.hint = hint;
  }
}

/** The user asked for the end, and it was a bad one: that says more than that he asked for it. */
export class BadEnd extends Failure {}

export function usageError(problem: string, hint?: string): Failure {
  return new Failure(exitCodes.usage, 'usage', problem, hint);
}

export function notFound(problem: string, hint?: string): Failure {
  return new Failure(exitCodes.notFound, 'not_found', problem, hint);
}

/** Somebody was asked, and said no. */
export function declined(outcome: string): Failure {
  return new Failure(exitCodes.other, 'declined', outcome);
}

/** The user ended the command, and knows it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: AbortSignal) {
    super(`stopped by ${signal.reason}`);
    this.exitCode = exitCodeOfSignal(String(signal.reason));
  }
}

/** A program that the command ran has ended, and the command ends as it did, without another word. */
export class ProgramEnded extends Error {
  override readonly name = 'ProgramEnded';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the program ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** What a shell says of a program that a signal ended: 128 and the number of the signal. */
export function exitCodeOfSignal(signal: string): number {
  const number = new Map<string, number>(Object.entries(constants.signals)).get(signal);
  return number === undefined ? exitCodes.interrupted : 128 + number;
}

import {
  type ErrorCode,
  errorCodes,
  errorKind,
  errorMeanings,
  errorOfClose,
  isErrorCode,
  type Retry,
} from '@confer/shared';
import { exitCodeOf } from '../exit-code-of.ts';
import { exitRows } from '../failure.ts';
import { nearest } from '../output/nearest.ts';
import { adviceOf, clientCodes, closeCodes, commandCodes } from './advice.ts';

/** One code, and what there is to say about it. */
export interface Explanation {
  readonly code: string;
  readonly kind:
    | 'error of the server'
    | 'error of the client'
    | 'error of a command'
    | 'close code'
    | 'exit code';
  readonly meaning: string;
  readonly advice?: string;
  /** What clients do about it by themselves. */
  readonly retry?: string;
  /** The close code of a connection that ends with it. */
  readonly closeCode?: number;
  /** Of a command that ends with it. */
  readonly exitCode?: number;
}

const retries: Readonly<Record<Retry, string>> = {
  now: 'clients try again at once',
  backoff: 'clients try again by themselves, ever later',
  never: 'to try the same again changes nothing; connections are tried on, ever later',
};

/** Every code that there is, in the order that `confer explain` lists them. */
export function explanations(): Explanation[] {
  const known = (codes: object) => Object.keys(codes);
  return [
    ...errorCodes.map(ofServer),
    ...Object.entries(clientCodes).map(([code, said]) => ofClient(code, said)),
    ...known(commandCodes).flatMap((code) => explain(code) ?? []),
    ...[...known(closeCodes), ...ownCloseCodes()].flatMap((code) => explain(code) ?? []),
    ...exitRows().flatMap(({ code }) => explain(String(code)) ?? []),
  ];
}

/** Reads `conflict`, `error[conflict]`, `4401` and `6`; `undefined` is no code that anything of Confer uses. */
export function explain(text: string): Explanation | undefined {
  const code = /^error\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isErrorCode(code)) return ofServer(code);
  const [, client] = Object.entries(clientCodes).find(([name]) => name === code) ?? [];
  if (client !== undefined) return ofClient(code, client);
  const command = Object.hasOwn(commandCodes, code) ? commandCodes[code] : undefined;
  if (command !== undefined) return { code, kind: 'error of a command', ...command };
  return /^[0-9]{1,4}$/.test(code) ? ofNumber(Number(code)) : undefined;
}

/** The code that somebody meant who mistyped it. */
export function nearestCode(text: string): string | undefined {
  return nearest(
    text,
    explanations().map(({ code }) => code),
  );
}

function ofServer(code: ErrorCode): Explanation {
  const { retry, closeCode } = errorKind(code);
  return {
    code,
    kind: 'error of the server',
    meaning: errorMeanings[code],
    advice: adviceOf[code],
    retry: retries[retry],
    ...(closeCode === undefined ? {} : { closeCode }),
    exitCode: exitCodeOf[code],
  };
}

function ofClient(code: string, said: { meaning: string; advice: string }): Explanation {
  const [, exitCode] = Object.entries(exitCodeOf).find(([name]) => name === code) ?? [];
  return {
    code,
    kind: 'error of the client',
    ...said,
    ...(exitCode === undefined ? {} : { exitCode }),
  };
}

function ofNumber(number: number): Explanation | undefined {
  const code = String(number);
  const error = errorOfClose(number);
  if (error !== undefined)
    return {
      ...ofServer(error),
      code,
      kind: 'close code',
      meaning: `${error}: ${errorMeanings[error]}`,
    };
  const close = closeCodes[number];
  if (close !== undefined) return { code, kind: 'close code', ...close };
  const exit = exitRows().find((row) => row.code === number);
  return exit && { code, kind: 'exit code', meaning: exit.meaning };
}

function ownCloseCodes(): string[] {
  return errorCodes.flatMap((code) => {
    const { closeCode } = errorKind(code);
    return closeCode === undefined ? [] : [String(closeCode)];
  });
}

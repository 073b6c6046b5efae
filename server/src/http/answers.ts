import type { AnswerHead } from '../transport/exchange.ts';
import { HttpFailure } from './failure.ts';

/** What a request is answered with, as a whole. */
export interface HttpAnswer extends AnswerHead {
  readonly body?: string | Uint8Array;
}

/**
 * On every answer: it stays in no cache, as it may hold what others must not read, and whatever stands in it is no page
 * to a browser, nor a script, nor anything that a page could show.
 */
const COMMON = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // safeguard: answers-are-no-pages
  'content-security-policy': "default-src 'none'; sandbox",
} as const;

export const TEXT = 'text/plain';
export const JSON_TYPE = 'application/json';
export const NDJSON = 'application/x-ndjson';

/** What an answer of a media type says before its body. */
export function headOf(
  status: number,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): AnswerHead {
  const charset = type.startsWith('text/') ? '; charset=utf-8' : '';
  return { status, headers: { ...COMMON, 'content-type': `${type}${charset}`, ...headers } };
}

export function textAnswer(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): HttpAnswer {
  return { ...headOf(status, TEXT, headers), body };
}

/** With a line break behind it, for those who read it in a terminal. */
export function jsonAnswer(
  body: object,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): HttpAnswer {
  return { ...headOf(status, JSON_TYPE, headers), body: `${JSON.stringify(body)}\n` };
}

/** Without a body. */
export function emptyAnswer(
  status: 204 | 304,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return { status, headers: { ...COMMON, ...headers } };
}

export function failureAnswer({ body, headers, status }: HttpFailure): HttpAnswer {
  return jsonAnswer(body, headers, status);
}

/** What nobody expected is a bug, of which the log says more. */
export const internalAnswer: HttpAnswer = failureAnswer(
  new HttpFailure({ code: 'internal', message: 'a bug in the server; its log says more' }),
);

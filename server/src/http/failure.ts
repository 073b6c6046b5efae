import { type Entry, type ErrorCode, errorKind, isErrorCode, ProtocolError } from '@confer/shared';

/** What only HTTP has to say: the WebSocket has no address, no method and no media type that could be wrong. */
export type HttpCode = 'not_found' | 'method_not_allowed' | 'unsupported_media_type';

/** What an answer says that is an error: the fields of the WebSocket's `error`, without its number. */
export interface FailureBody {
  readonly code: ErrorCode | HttpCode;
  readonly message: string;
  readonly path?: string;
  readonly current?: Entry | null;
  readonly compactedRevision?: number;
}

/** That a condition did not hold which came in a header. */
export const PRECONDITION_FAILED = 412;

const BAD_REQUEST = 400;
const CONFLICT = 409;
const TOO_MANY = 429;
const INTERNAL = 500;
const UNAVAILABLE = 503;

/** Every error of the protocol, as HTTP has it: one without a status does not compile. */
const STATUSES: Readonly<Record<ErrorCode | HttpCode, number>> = {
  invalid_message: BAD_REQUEST,
  unknown_type: BAD_REQUEST,
  invalid_path: BAD_REQUEST,
  invalid_value: BAD_REQUEST,
  overlapping_writes: BAD_REQUEST,
  bad_message: BAD_REQUEST,
  version_unsupported: BAD_REQUEST,
  unauthenticated: 401,
  token_expired: 401,
  forbidden: 403,
  reserved_path: 403,
  not_found: 404,
  unknown_watch: 404,
  method_not_allowed: 405,
  silent: 408,
  conflict: CONFLICT,
  compacted: CONFLICT,
  results_compacted: CONFLICT,
  future_revision: CONFLICT,
  lease_not_found: CONFLICT,
  too_large: 413,
  frame_too_large: 413,
  unsupported_media_type: 415,
  too_many_watches: TOO_MANY,
  too_many_reports: TOO_MANY,
  too_many_leases: TOO_MANY,
  rate_limited: TOO_MANY,
  too_many_requests: TOO_MANY,
  damaged: INTERNAL,
  internal: INTERNAL,
  unavailable: UNAVAILABLE,
  outcome_unknown: UNAVAILABLE,
  shutting_down: UNAVAILABLE,
  storage_full: 507,
};

/** Every code that an answer may have. */
export const HTTP_CODES: readonly string[] = Object.keys(STATUSES);

/** As long as one more attempt to log in takes to be granted, and as a server takes to start again. */
const RETRY_AFTER_S = 5;

/** A request that is answered with an error. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  readonly body: FailureBody;
  readonly headers: Readonly<Record<string, string>>;

  /** `status`: where it is another than that of the code. */
  constructor(
    body: FailureBody,
    headers: Readonly<Record<string, string>> = {},
    status = STATUSES[body.code],
  ) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.headers = { ...headersOf(body.code), ...headers };
  }
}

/** The failure that an error is; nothing where nobody expected it. */
export function failureOf(error: unknown): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (!(error instanceof ProtocolError)) return undefined;
  return new HttpFailure({ code: error.code, message: error.message, ...error.details });
}

function headersOf(code: ErrorCode | HttpCode): Readonly<Record<string, string>> {
  // safeguard: stranger-is-told-how-to-say-who-he-is
  if (STATUSES[code] === 401) return { 'www-authenticate': challengeOf(code) };
  const comesBack = isErrorCode(code) && errorKind(code).retry === 'backoff';
  return comesBack ? { 'retry-after': String(RETRY_AFTER_S) } : {};
}

/** RFC 6750, 3. */
function challengeOf(code: ErrorCode | HttpCode): string {
  const expired = ', error="invalid_token", error_description="the token has expired"';
  return `Bearer realm="confer"${code === 'token_expired' ? expired : ''}`;
}

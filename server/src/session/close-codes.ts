import { type ErrorCode, errorKind } from '@confer/shared';

/** The WebSocket close code of an error that ends a connection. 1011: it has none of its own. */
export function closeCodeOf(code: ErrorCode): number {
  return errorKind(code).closeCode ?? 1011;
}

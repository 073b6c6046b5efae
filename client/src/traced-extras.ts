import type { Extras } from './api.ts';
import { extras } from './extras.ts';
import { type InnerExtras, isInner } from './mirror/extras.ts';
import { framesOf } from './requests/commit-parts.ts';
import { withTrace } from './requests/with-trace.ts';

/**
 * Has each commit and transaction say of which span it is a part, where `traceparent` knows one: a text as the header
 * of that name has it. It is asked as the write is called, once for all of its tries; what it throws, or says
 * that is no such text, leaves the write without.
 *
 * ```ts
 * const confer = connect(url, {
 *   extras: tracedExtras(() => {
 *     const carrier: { traceparent?: string } = {};
 *     propagation.inject(context.active(), carrier);
 *     return carrier.traceparent;
 *   }),
 * });
 * ```
 */
export function tracedExtras(traceparent: () => string | undefined): Extras {
  if (!isInner(extras)) return extras;
  const traced: InnerExtras = {
    ...extras,
    framesOf: (request) => framesOf(withTrace(request, traceparent)),
  };
  return traced;
}

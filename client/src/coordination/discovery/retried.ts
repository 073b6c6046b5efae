/** Refusals of a first try that the next one need not meet. All others are for whoever asked. */
export const RETRIED: ReadonlySet<string> = new Set([
  'unavailable',
  'storage_full',
  'outcome_unknown',
  'rate_limited',
  'too_many_requests',
  'shutting_down',
]);

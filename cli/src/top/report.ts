import type { View } from './views.ts';

/** A view as data: one line of what a program reads. Counts only grow while `instance` is the same. */
export function reportOf(view: View, url: string): object {
  const { status, figures, slowest, at, tookMs } = view.reading;
  const known = { at: new Date(at).toISOString(), tookMs, status, ...figures, slowest };
  if (view.kind === 'answering') return { url, answers: true, ...known };
  const since = new Date(view.since).toISOString();
  // What was known last, as of `at`.
  return { url, answers: false, since, reason: view.reason, ...known };
}

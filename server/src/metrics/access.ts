import { byLabel, counted, type Metric, single } from './metric.ts';

const SECOND_MS = 1_000;

/** Who is let in, and what is written down of that. */
export const accessMetrics: readonly Metric[] = [
  {
    name: 'confer_auth_failures_total',
    type: 'counter',
    help: 'Attempts to say who one is that failed, by the code that they were answered with.',
    ...byLabel('reason', (figures) => counted('authFailures', figures)),
  },
  {
    name: 'confer_denied_total',
    type: 'counter',
    help: 'Requests of somebody without the right, by the verb that it takes.',
    ...byLabel('verb', (figures) => counted('denied', figures)),
  },
  {
    name: 'confer_tokens',
    type: 'gauge',
    help: 'Tokens that are kept in the store: valid, early (not valid yet), expired or disabled.',
    ...byLabel('state', ({ core }) => core.tokens),
  },
  {
    name: 'confer_audit_lost_total',
    type: 'counter',
    help: 'Events that the audit could not write down.',
    ...single(({ core }) => core.audit?.lost),
  },
  {
    name: 'confer_audit_failing',
    type: 'gauge',
    help: 'Whether the audit cannot be written now: what comes waits, up to 16 MiB, or is refused where its line is required.',
    ...single(({ core: { audit } }) => audit && Number(audit.isFailing)),
  },
  {
    name: 'confer_tls_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate that new connections are shown ends, in seconds since the Unix epoch.',
    ...single(({ certificateExpiresAt: end }) => (end === undefined ? undefined : end / SECOND_MS)),
  },
];

import { accessMetrics } from './access.ts';
import { connectionMetrics } from './connections.ts';
import type { Metric } from './metric.ts';
import { processMetrics } from './process.ts';
import { requestMetrics } from './requests.ts';
import { storeMetrics } from './store.ts';
import { watchMetrics } from './watches.ts';

/** Every metric of a server, in the order of its page. What each means to an operator stands in docs/metrics.md. */
export const catalogue: readonly Metric[] = [
  ...processMetrics,
  ...connectionMetrics,
  ...requestMetrics,
  ...watchMetrics,
  ...storeMetrics,
  ...accessMetrics,
];

import { counted, table } from '../output/text.ts';
import type { Latencies } from './latencies.ts';
import type { Measures } from './load.ts';
import type { Plan } from './plan.ts';

export interface Measured {
  readonly plan: Plan;
  readonly measures: Measures;
  /** How long was counted; less than was asked for where somebody ended it. */
  readonly measuredMs: number;
  /** Which part of the time, from 0 to 1, this process itself was busy. */
  readonly busy: number;
  /** Whether all watchers had all of it at the end. */
  readonly isWhole: boolean;
}

/** What was measured, as data: times in ms. */
export function dataOf({ plan, measures, measuredMs, busy, isWhole }: Measured) {
  const { writes, deliveries, failures } = measures;
  return {
    ...plan,
    writesPerSecond: plan.writesPerSecond ?? null,
    measuredMs: Math.round(measuredMs),
    writes: { ...ratesOf(writes, measuredMs), ms: timesOf(writes) },
    deliveries: { ...ratesOf(deliveries, measuredMs), ms: timesOf(deliveries) },
    failures: Object.fromEntries(failures),
    allDelivered: isWhole,
    generatorBusy: Number(busy.toFixed(2)),
  };
}

function ratesOf({ count }: Latencies, measuredMs: number) {
  const perSecond = measuredMs > 0 ? (count * 1_000) / measuredMs : 0;
  return { count, perSecond: Number(perSecond.toFixed(1)) };
}

function timesOf(times: Latencies) {
  const at = (share: number) => Number(times.percentileMs(share).toFixed(3));
  return {
    ...{ mean: Number(times.meanMs.toFixed(3)), p50: at(0.5), p90: at(0.9), p99: at(0.99) },
    ...{ p999: at(0.999), max: Number(times.maxMs.toFixed(3)) },
  };
}

/** Of the writes that were due: a few may fall over an end. */
const KEPT_UP = 0.95;

/** Beyond this, the figures are rather those of what makes the load. */
const BUSY_MAX = 0.8;

export function textOf(measured: Measured): string {
  const { plan, busy, isWhole } = measured;
  const data = dataOf(measured);
  const row = (name: string, { count, perSecond, ms }: (typeof data)['writes']) => [
    ...[name, `${count}`, `${Math.round(perSecond)}`],
    ...[ms.mean, ms.p50, ms.p90, ms.p99, ms.p999, ms.max].map((each) => each.toFixed(2)),
  ];
  const rows = [
    ['', 'COUNT', 'A SECOND', 'MEAN MS', 'P50', 'P90', 'P99', 'P99.9', 'MAX'],
    row('writes', data.writes),
    ...(plan.watchers > 0 ? [row('delivered', data.deliveries)] : []),
  ];
  const failures = Object.entries(data.failures).map(
    ([code, count]) => `${counted(count, 'write')} failed: ${code}\n`,
  );
  const due = ((plan.writesPerSecond ?? 0) * measured.measuredMs) / 1_000;
  const notes = [
    ...failures,
    ...(data.writes.count < KEPT_UP * due ? ['the writers did not keep up with the rate\n'] : []),
    ...(isWhole ? [] : ['not all watchers have had everything by the end\n']),
    `this process was busy for ${Math.round(busy * 100)} % of the time`,
    ...(busy > BUSY_MAX ? [': the figures are rather its own; take fewer watchers'] : []),
    '\n',
  ];
  return table(rows) + notes.join('');
}

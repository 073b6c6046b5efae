import { median } from '../measure/median.ts';
import type { Busy } from '../measure/meter.ts';
import type { Figures, Outcome } from '../scenarios/scenario.ts';
import type { SystemName } from '../systems.ts';
import { figureNames } from './figures.ts';

/** What one system did in one case. */
export interface Result {
  readonly scenario: string;
  readonly label: string;
  /** Cases of one curve differ in their size alone. */
  readonly curve?: string;
  readonly size?: number;
  readonly system: SystemName;
  /** What became of its writes. */
  readonly kept: string;
  readonly figures: Figures;
  readonly busy: Busy;
  readonly repeats: number;
  /** The load generator was at its end and the server was not: it may be able to do more. */
  readonly isLowerBound: boolean;
}

/** Each figure is the middle one of its own, so that one bad moment spoils none. */
export function middleOf(outcomes: readonly Outcome[]): Outcome {
  const of = (pick: (outcome: Outcome) => number) => median(outcomes.map(pick));
  const figures = figureNames
    .filter((name) => outcomes.every((outcome) => outcome.figures[name] !== undefined))
    .map((name) => [name, of((outcome) => outcome.figures[name] ?? 0)]);
  return {
    figures: Object.fromEntries(figures),
    busy: {
      seconds: of(({ busy }) => busy.seconds),
      serverCpuMs: of(({ busy }) => busy.serverCpuMs),
      server: of(({ busy }) => busy.server),
      load: of(({ busy }) => busy.load),
    },
  };
}

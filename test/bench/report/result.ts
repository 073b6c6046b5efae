import type { Busy } from '../measure/meter.ts';
import type { Figures } from '../scenarios/scenario.ts';
import type { SystemName } from '../systems.ts';

/** What one system did in one case. */
export interface Result {
  readonly scenario: string;
  readonly label: string;
  readonly size?: number;
  readonly system: SystemName;
  /** What became of its writes. */
  readonly kept: string;
  readonly figures: Figures;
  readonly busy: Busy;
  /** The load generator was at its end and the server was not: it may be able to do more. */
  readonly isLowerBound: boolean;
}

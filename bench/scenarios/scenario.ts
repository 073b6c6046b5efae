import type { Driver } from '../load/driver.ts';
import type { Busy } from '../measure/meter.ts';
import type { FigureName } from '../report/figures.ts';
import type { SystemName } from '../systems.ts';

export type Profile = 'quick' | 'full';

/** One question, asked of every system that can answer it. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Which of a system's ways to write it uses. */
  readonly does: 'published' | 'written' | 'nothing';
  /** Whether the quick profile leaves it to Confer and the baseline. */
  readonly isOursWhenQuick: boolean;
  cases(profile: Profile): readonly Case[];
}

/** The question with its numbers. All cases of a scenario are put to the same server, in turn. */
export interface Case {
  readonly label: string;
  /** Cases of one curve differ in their size alone. */
  readonly curve?: string;
  readonly size?: number;
  readonly systems: readonly SystemName[];
  /** In the full profile, the middle of so many is taken. Default 1. */
  readonly repeats?: number;
  /** Runs in the process that makes the load. Throws where something did not arrive or was wrong. */
  run(target: Target): Promise<Outcome>;
}

export interface Target {
  readonly system: SystemName;
  readonly driver: Driver;
  readonly port: number;
  readonly pid: number;
}

export interface Outcome {
  readonly figures: Figures;
  readonly busy: Busy;
}

export type Figures = Readonly<Partial<Record<FigureName, number>>>;

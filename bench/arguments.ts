import { parseArgs } from 'node:util';
import { scenarios } from './scenarios/all.ts';
import type { Profile } from './scenarios/scenario.ts';
import { compared, ours, quick, type SystemName, systemNames } from './systems.ts';

export const USAGE = `pnpm bench [options]
  --profile quick|full   quick: within two minutes. full: all cases, most of them three times; half an hour
  --only NAME,...        some scenarios: ${scenarios.map(({ name }) => name).join(', ')}
  --peers NAME,...       some systems: ${systemNames.join(', ')}
                         (quick: ${quick.join(', ')}, unless named)
  --json FILE            write everything that was measured, after each scenario
  --charts DIR           draw the charts
  --page                 write tables and charts into docs/performance.md
  --help                 print this
  --check                judge Confer by its budgets against the baseline: exit code 1 when one is broken`;

export interface Arguments {
  readonly profile: Profile;
  readonly scenarios: readonly string[];
  readonly systems: readonly SystemName[];
  readonly json: string | undefined;
  readonly charts: string | undefined;
  readonly isPage: boolean;
  readonly isCheck: boolean;
  readonly isHelp: boolean;
}

/** Throws with what is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string', default: 'quick' },
      only: { type: 'string' },
      peers: { type: 'string' },
      json: { type: 'string' },
      charts: { type: 'string' },
      page: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const profile: Profile =
    among(['quick', 'full'] as const, values.profile, ['quick'])[0] ?? 'quick';
  const all = profile === 'quick' ? quick : compared;
  const names = scenarios.map(({ name }) => name);
  return {
    profile,
    scenarios: among(names, values.only, names),
    systems: among(systemNames, values.peers, values.check ? ours : all),
    json: values.json,
    charts: values.charts,
    isPage: values.page,
    isCheck: values.check,
    isHelp: values.help,
  };
}

function among<Name extends string>(
  known: readonly Name[],
  text: string | undefined,
  otherwise: readonly Name[],
): readonly Name[] {
  if (text === undefined) return otherwise;
  const wanted = text.split(',');
  const unknown = wanted.filter((name) => !known.some((each) => each === name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not one of ${known.join(', ')}`);
  return known.filter((name) => wanted.includes(name));
}

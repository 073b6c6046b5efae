import type { FigureName } from './report/figures.ts';
import type { Result } from './report/result.ts';
import type { SystemName } from './systems.ts';

/** One figure of a run. */
interface Measured {
  readonly system: SystemName;
  readonly scenario: string;
  readonly label: string;
  readonly figure: FigureName;
}

/**
 * What a regression would break. Ratios within one run, because times say more about the machine and
 * what else it does.
 */
interface Budget {
  readonly what: string;
  readonly of: Measured;
  readonly to: Measured;
  readonly ratioMax: number;
}

const single = '1,000 subscribers, one at a time';
const ten = '1,000 subscribers, 10 at a time';

/** About a third above what was measured. For the first two, 1.15 is the aim. */
const budgets: readonly Budget[] = [
  overBaseline('CPU per delivered change, one at a time', 'fan-out', single, 'cpuPerChangeUs', 1.7),
  overBaseline('CPU per delivered change, ten at a time', 'fan-out', ten, 'cpuPerChangeUs', 1.7),
  overBaseline('memory per connection', 'memory', '5,000 idle connections', 'connectionKb', 7),
  overBaseline(
    'CPU per entry of a snapshot',
    'snapshot',
    '20,000 entries of 100 bytes',
    'cpuPerEntryUs',
    25,
  ),
  overBaseline(
    'CPU per reader that comes back',
    'reconnect',
    '500 readers, each with nothing',
    'cpuPerReaderUs',
    2,
  ),
  overBaseline('client CPU per change', 'mirror', 'reads, and changes 100 at a time', 'applyUs', 5),
  growth(
    'CPU per write, with 20 times the watches elsewhere',
    'subtrees',
    ['100 subscribers on 100 subtrees', '2,000 subscribers on 2,000 subtrees'],
    'cpuPerWriteUs',
    1.3,
  ),
  growth(
    'bytes of a resume, with 20 times the entries',
    'resume',
    ['1,000 entries, nothing of them changed', '20,000 entries, nothing of them changed'],
    'readBytes',
    1.1,
  ),
  growth(
    'CPU of a resume, with 20 times the entries',
    'resume',
    ['1,000 entries, nothing of them changed', '20,000 entries, nothing of them changed'],
    'cpuPerReaderUs',
    1.5,
  ),
  {
    what: 'write p50 with 10 % of the readers stalled',
    of: inStalled('stalledP50Ms'),
    to: inStalled('writeP50Ms'),
    ratioMax: 1.3,
  },
];

function overBaseline(
  what: string,
  scenario: string,
  label: string,
  figure: FigureName,
  ratioMax: number,
): Budget {
  const of = { system: 'confer', scenario, label, figure } as const;
  return { what: `${what}, to the baseline's`, of, to: { ...of, system: 'baseline' }, ratioMax };
}

function growth(
  what: string,
  scenario: string,
  [small, large]: readonly [string, string],
  figure: FigureName,
  ratioMax: number,
): Budget {
  const of = { system: 'confer', scenario, figure } as const;
  return { what, of: { ...of, label: large }, to: { ...of, label: small }, ratioMax };
}

function inStalled(figure: FigureName): Measured {
  return { system: 'confer', scenario: 'stalled', label: '100 writes a second of 1 kB', figure };
}

export interface Verdict {
  readonly isKept: boolean;
  readonly text: string;
}

/** A budget of a scenario that was not run is left out. */
export function judge(results: readonly Result[]): Verdict[] {
  return budgets.flatMap(({ what, of, to, ratioMax }) => {
    const [over, under] = [find(results, of), find(results, to)];
    if (!results.some(({ scenario }) => scenario === of.scenario)) return [];
    if (over === undefined || under === undefined)
      return [{ isKept: false, text: `BROKEN ${what}: not measured` }];
    const ratio = over / under;
    const isKept = ratio <= ratioMax;
    const text = `${isKept ? 'kept  ' : 'BROKEN'} ${what}: ${ratio.toFixed(2)}, at most ${ratioMax}`;
    return [{ isKept, text }];
  });
}

function find(results: readonly Result[], wanted: Measured): number | undefined {
  return results.find(
    ({ system, scenario, label }) =>
      system === wanted.system && scenario === wanted.scenario && label === wanted.label,
  )?.figures[wanted.figure];
}

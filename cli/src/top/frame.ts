import type { SessionItem } from '@confer/client/admin';
import { clientName } from '../output/client.ts';
import type { Palette } from '../output/colour.ts';
import { byteSize, oneLine, span, table } from '../output/text.ts';
import { countOf, Rates, type Reading } from './reading.ts';
import { behindOf, type Sort, sorted } from './slowest.ts';
import type { View } from './views.ts';

export interface FrameOptions {
  readonly url: string;
  readonly sort: Sort;
  readonly intervalMs: number;
  /** In ms since the Unix epoch. */
  readonly now: number;
  /** Why there is no connection just now. */
  readonly trouble: string | undefined;
  readonly palette: Palette;
  readonly columns: number;
  readonly rows: number;
  /** Below the figures, for who can type. */
  readonly keys: string | undefined;
}

/** What is shown of a view, in no more lines than there are rows. */
export function frameOf(view: View, options: FrameOptions): readonly string[] {
  const { palette, columns, rows, keys, sort } = options;
  const { reading } = view;
  const cut = (text: string) => oneLine(text, columns);
  const head = [cut(titleOf(reading, options)), ...stateOf(view, options)];
  const figures = figuresOf(view).map((line) => cut(line));
  const title = cut(`SLOWEST, by ${sort}`);
  const hint = keys === undefined ? [] : [palette.dim(cut(keys))];
  const lines = [...head, '', ...figures, '', palette.dim(title)];
  const room = Math.max(0, rows - lines.length - hint.length - 1);
  const [tableHead = '', ...sessions] = tableOf(reading, sort, room).map((line) => cut(line));
  return [...[...lines, tableHead, ...sessions].slice(0, rows - hint.length), ...hint];
}

function titleOf({ status, figures }: Reading, { url, now }: FrameOptions): string {
  const { version, engine, revision } = status;
  const time = new Date(now).toTimeString().slice(0, 8);
  const where = `confer top ${oneLine(url)}  ${oneLine(version)} on ${oneLine(engine)}`;
  return `${where}  up ${span(figures.uptimeMs)}  revision ${grouped(revision)}  ${time}`;
}

/** An answer may take a while; one that takes longer is worth a word before it is given up. */
const PATIENCE_MS = 2_000;

/** How the storage is and whether the server answers: what is not as it should be in red. */
function stateOf(view: View, options: FrameOptions): readonly string[] {
  const { palette, columns, intervalMs } = options;
  const { storage = 'unknown', storageProblem } = view.reading.status;
  const silence = silenceOf(view, options);
  if (silence !== undefined) return [palette.removed(oneLine(silence, columns))];
  const problem = storageProblem === undefined ? '' : `: ${oneLine(storageProblem)}`;
  const asked = `answered in ${view.reading.tookMs} ms, asked every ${seconds(intervalMs)}`;
  const text = oneLine(`storage ${storage}${problem}  ${asked}`, columns);
  const isWell = storage === 'well' || storage === 'unknown';
  return [isWell ? text : palette.removed(text)];
}

/** What is shown is no better than the last answer, and that may be old before anybody gave the next one up. */
function silenceOf(view: View, { now, intervalMs, trouble }: FrameOptions): string | undefined {
  const { at } = view.reading;
  if (view.kind === 'answering' && trouble === undefined && now - at < intervalMs + PATIENCE_MS)
    return undefined;
  const since = view.kind === 'away' ? view.since : at;
  const reason = trouble ?? (view.kind === 'away' ? view.reason : 'it has not answered yet');
  return `NO ANSWER for ${span(now - since)}, all below is of then: ${oneLine(reason)}`;
}

const COUNTS: readonly (readonly [title: string, ...names: readonly string[]])[] = [
  ['commits', 'commits'],
  ['changes', 'changes'],
  ['delivered', 'changesDelivered'],
  ['catch-up', 'catchUpSteps'],
  ['requests', 'requestsTaken'],
  ['refused', 'requestsRefused.'],
  ['fell behind', 'watchesFellBehind'],
  ['resyncs', 'resyncs.', 'eventWatchesEnded.'],
  ['connected', 'connectionsOpened'],
  ['ended', 'connectionsEnded.'],
];

/** Two columns: what happens a second and since the start, and how it is now. */
function figuresOf(view: View): readonly string[] {
  const { reading } = view;
  const rates = view.kind === 'answering' ? Rates.between(view.before, reading) : undefined;
  const left = COUNTS.map(([title, ...names]) => [
    title,
    rates === undefined ? '-' : rate(rates.of(...names)),
    grouped(countOf(reading.figures, ...names)),
  ]);
  const right = gaugesOf(reading, rates);
  const rows = left.map(([title = '', each = '', total = ''], i) => {
    const [name = '', value = ''] = right[i] ?? [];
    return `${title.padEnd(12)}${each.padStart(10)}${total.padStart(14)}   ${name.padEnd(13)}${value}`;
  });
  return [`${''.padEnd(12)}${'a second'.padStart(10)}${'in all'.padStart(14)}`, ...rows];
}

function gaugesOf({ figures }: Reading, rates: Rates | undefined): readonly [string, string][] {
  const { gauges } = figures;
  const told = (name: string, text: (value: number) => string = grouped) => {
    const value = gauges[name];
    return value === undefined ? '-' : text(value);
  };
  const share = (name: string) => {
    const part = rates?.shareOf(name);
    return part === undefined ? '-' : `${Math.round(part * 100)} %`;
  };
  return [
    ['connections', told('connections')],
    ['watches', `${told('watches')}: ${told('watches.live')} live`],
    ['', `${told('watches.lagging')} lagging, ${told('watches.syncing')} syncing`],
    ['entries', told('entries')],
    ['history', `${told('historyBytes', byteSize)} after ${told('compactedRevision')}`],
    ['memory', `${told('rssBytes', byteSize)}, heap ${told('heapBytes', byteSize)}`],
    ['cpu', `${share('cpuMs')} of a core`],
    ['event loop', `${share('loopActiveMs')} busy`],
    ['', `${told('loopDelayMsMax')} ms at most lately`],
  ];
}

const NAME_WIDTH = 26;
const HEAD = ['NAME', 'PRINCIPAL', 'ADDRESS', 'FOR', 'WATCHES', 'APPLIED', 'BEHIND', 'WAITING'];

function tableOf(reading: Reading, sort: Sort, room: number): readonly string[] {
  const { revision } = reading.status;
  const rows = sorted(reading.slowest, sort, revision)
    .slice(0, room)
    .map((item) => cellsOf(item, revision));
  return table([HEAD, ...rows])
    .trimEnd()
    .split('\n');
}

function cellsOf(item: SessionItem, revision: number): readonly string[] {
  const { principal = '-', address, connectedMs, watchCount, applied = '-', waitingBytes } = item;
  return [
    oneLine(clientName(item.client), NAME_WIDTH),
    oneLine(principal, NAME_WIDTH),
    oneLine(address),
    span(connectedMs),
    ...[watchCount, applied, behindOf(item, revision) ?? '-'].map(String),
    byteSize(waitingBytes),
  ];
}

/** `81,234`. */
function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Small rates with a digit behind the point, as most are. */
function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 100 ? perSecond.toFixed(1) : grouped(perSecond);
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}

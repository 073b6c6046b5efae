import { atOnce } from '../steps.ts';
import type { LogHead, RequestRow, SettledRow, Tables } from './layout.ts';
import { commitsOf, headOf } from './log.ts';
import { RequestIndex } from './request-index.ts';
import type { Progress } from './storage.ts';
import { Unsettled } from './unsettled.ts';

/** What an engine keeps in memory beside its tables. */
export interface Opened {
  readonly progress: Progress;
  readonly unsettled: Unsettled;
  readonly requests: RequestIndex;
}

/** As many requests are looked for when an engine opens: this takes a second or two. */
const REQUESTS_MAX = 1_000_000;

const LAST = Number.MAX_SAFE_INTEGER;

/**
 * Reads back what the last engine had in memory, however it ended: what the log has beyond what is
 * settled, and the requests since `knownFrom` (ms since the Unix epoch). Writes nothing. Throws where
 * the log ends before what is settled: part of it is missing.
 */
export function recover(tables: Tables, upTo: number, knownFrom: number): Opened {
  const [settled, settledCount] = settledOf(tables);
  const unsettled = new Unsettled();
  let progress = { revision: settled, entryCount: settledCount };
  for (const { key, value } of tables.log.rows({ start: [settled + 1, 0], end: [LAST, 0] })) {
    const [, entryCount] = headOf(value);
    progress = { revision: key[0], entryCount };
    for (const commit of commitsOf(value)) atOnce(unsettled.add(commit, commit.revision));
  }
  if (upTo < settled)
    throw new Error(`its journal lacks the commits from ${upTo + 1} to ${settled}`);
  return { progress, unsettled, requests: recentRequests(tables, knownFrom) };
}

export function settledOf({ meta }: Tables): SettledRow {
  const settled = meta.get('settled');
  return typeof settled === 'object' ? settled : [0, 0];
}

function recentRequests({ log, retired }: Tables, knownFrom: number): RequestIndex {
  const index = new RequestIndex();
  for (const { key, value } of retired.rows({ start: 1, end: LAST })) {
    const [requestId]: RequestRow = JSON.parse(value);
    index.add(requestId, key);
  }
  const heads: LogHead[] = [];
  let found = 0;
  for (const { value } of log.rows({ start: [LAST, 0], end: [0, 0], reverse: true })) {
    const head = headOf(value);
    const [, , requests] = head;
    const last = requests.at(-1);
    if (last !== undefined && last[1] < knownFrom) break;
    heads.push(head);
    found += requests.length;
    if (found > REQUESTS_MAX) break;
  }
  for (const [first, , requests] of heads.reverse())
    for (const [i, [requestId]] of requests.entries()) index.add(requestId, first + i);
  return index;
}

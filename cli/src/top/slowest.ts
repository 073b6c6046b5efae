import type { SessionItem } from '@confer/client/admin';
import { clientName } from '../output/client.ts';

/** By what the slowest are sorted: the key that is typed for it, and what that is. */
export const SORTS = {
  w: 'waiting',
  b: 'behind',
  n: 'name',
  t: 'time',
} as const;

export type Sort = (typeof SORTS)[keyof typeof SORTS];

export const sorts: readonly Sort[] = Object.values(SORTS);

/** How many revisions it is behind the server, as it said with its last heartbeat; `undefined` where that is not known. */
export function behindOf(
  { applied, watchCount }: SessionItem,
  revision: number,
): number | undefined {
  if (applied === undefined || watchCount === 0) return undefined;
  return Math.max(0, revision - applied);
}

/** In an order that stays the same for who is alike. */
export function sorted(
  all: readonly SessionItem[],
  by: Sort,
  revision: number,
): readonly SessionItem[] {
  const behind = (item: SessionItem) => behindOf(item, revision) ?? -1;
  const orders: Readonly<Record<Sort, (a: SessionItem, b: SessionItem) => number>> = {
    waiting: (a, b) => b.waitingBytes - a.waitingBytes || behind(b) - behind(a),
    behind: (a, b) => behind(b) - behind(a) || b.waitingBytes - a.waitingBytes,
    name: (a, b) => byText(clientName(a.client), clientName(b.client)),
    time: (a, b) => b.connectedMs - a.connectedMs,
  };
  return [...all].sort((a, b) => orders[by](a, b) || byText(a.session, b.session));
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

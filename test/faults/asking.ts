import { isLong } from '../support/extent.ts';
import type { RawSocket } from '../support/raw-socket.ts';

/** What somebody asks for that costs the server as much as one may ask for. */
export interface Cost {
  /** As in the table of ARCHITECTURE.md. */
  readonly title: string;
  /** It is asked of a server that asks who everybody is, by an admin. */
  readonly isGuarded?: true;
  act(raw: RawSocket, url: string, token?: string): Promise<void>;
}

/** As many as the titles say in the long mode; a fifth of it shows as well where something stands still. */
export const MANY = isLong ? 100_000 : 10_000;
const PART = 10_000;

export type Operation = Readonly<Record<string, unknown>>;

let ids = 0;
let writes = 0;

/** Of a request. */
export function newId(): number {
  return ++ids;
}

/** Of a write. */
export function newRequestId(): string {
  return `costs-${++writes}`;
}

export function puts(path: (i: number) => string, count = MANY): Operation[] {
  const value = 'x'.repeat(100);
  return Array.from({ length: count }, (_, i) => ({ type: 'put', path: path(i), value }));
}

/** Commits in as many parts as it takes. */
export async function commit(raw: RawSocket, operations: readonly Operation[]): Promise<void> {
  const about = { type: 'commit', id: newId(), requestId: newRequestId() };
  const parts = Math.ceil(operations.length / PART);
  for (let part = 0; part < parts; part++) {
    const own = operations.slice(part * PART, (part + 1) * PART);
    const more = part < parts - 1 ? { more: true } : {};
    raw.send({ ...about, operations: own, ...(parts === 1 ? {} : { part, ...more }) });
  }
  await raw.next('committed', 60_000);
}

/** Asks the same so many times at once, and waits for all answers. */
export async function asked(
  raw: RawSocket,
  count: number,
  type: string,
  message: Operation,
): Promise<void> {
  for (let i = 0; i < count; i++) raw.send({ ...message, id: newId() });
  for (let i = 0; i < count; i++) await raw.next(type, 60_000);
}

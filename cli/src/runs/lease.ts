import type { LeaseAdministration, LeaseInfo } from '@confer/client/coordination';
import { leaseLimits, ttlProblem } from '@confer/shared';
import { openClient, withClient } from '../connection.ts';
import { type Context, notice, parseDuration } from '../context.ts';
import { exitCodes, Failure, Interrupted, notFound, usageError } from '../failure.ts';
import { tellOfConnection } from '../follow/connection-notices.ts';
import { refusalOf } from '../follow/refusal.ts';
import { formatOf, printData, printResult } from '../output/format.ts';
import { oneLine, span, table } from '../output/text.ts';

export interface GrantOptions {
  readonly name?: string;
}

export interface KeepOptions {
  readonly once?: true;
}

async function withLeases<Result>(
  context: Context,
  use: (leases: LeaseAdministration) => Promise<Result>,
): Promise<Result> {
  const { leasesOf } = await import('@confer/client/coordination');
  return withClient(context, (client) => use(leasesOf(client)));
}

export async function grantLease(
  context: Context,
  ttl: string,
  { name }: GrantOptions,
): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const ttlMs = parseDuration(ttl);
  if (ttlProblem(ttlMs) !== undefined) {
    const [least, most] = [span(leaseLimits.ttlMsMin), span(leaseLimits.ttlMsMax)];
    throw usageError(`${ttl}: a TTL is ${least} to ${most}, in whole seconds`);
  }
  const lease = await withLeases(context, (leases) =>
    leases.grant(name === undefined ? { ttlMs } : { ttlMs, name }),
  );
  const { stdout } = context.terminal;
  // The id is what it is asked for, so that -q leaves that.
  if (format === 'table' || format === 'raw') return stdout.write(`${lease.id}\n`);
  await printData(context, format, lease);
}

export async function keepLeaseAlive(
  context: Context,
  id: string,
  { once }: KeepOptions,
): Promise<void> {
  if (once !== true) return keepOn(context, id);
  const isKept = await withLeases(context, (leases) => leases.keepAlive(id));
  if (!isKept) throw over(context, id);
}

/** Until somebody ends it, or the lease is lost. */
async function keepOn(context: Context, id: string): Promise<void> {
  const { terminal } = context;
  const { keepLease } = await import('@confer/client/coordination');
  const client = await openClient(context, {});
  const refusal = refusalOf(context, client);
  tellOfConnection(context, client);
  try {
    const lease = await keepLease(client, id);
    notice(context, `keeping the lease ${id} alive, with a TTL of ${span(lease.ttlMs)}`);
    await either(lease.signal, terminal.signal);
    if (terminal.signal.aborted) throw new Interrupted(terminal.signal);
    throw refusal.current ?? lostError(lease.loss?.message ?? `the lease ${id} is lost`);
  } finally {
    await client.close();
  }
}

function either(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}

function lostError(message: string): Failure {
  return new Failure(exitCodes.unavailable, 'lease_lost', message);
}

export async function showLease(context: Context, id: string): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const lease = await withLeases(context, (leases) => leases.show(id));
  if (format !== 'table') return printData(context, format, lease);
  const { revision: _, paths, ...about } = lease;
  const rows = [
    ['id', about.id],
    ['name', oneLine(about.name ?? '-')],
    ['owner', oneLine(about.owner ?? '-')],
    ['ttl', span(about.ttlMs)],
    ['remaining', remaining(about)],
    ['entries', String(about.entries ?? '-')],
  ];
  const list = paths?.map((path) => `  ${path}\n`).join('') ?? '';
  await context.terminal.stdout.write(table(rows) + list);
}

export async function listLeases(context: Context): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const list = await withLeases(context, (leases) => leases.list());
  const { stdout } = context.terminal;
  switch (format) {
    case 'table': {
      const rows = list.leases.map((lease) => [
        lease.id,
        span(lease.ttlMs),
        remaining(lease),
        String(lease.entries ?? '-'),
        oneLine(lease.owner ?? '-', 24),
        oneLine(lease.name ?? ''),
      ]);
      const head = ['ID', 'TTL', 'REMAINING', 'ENTRIES', 'OWNER', 'NAME'];
      return stdout.write(rows.length === 0 ? '' : table([head, ...rows]));
    }
    case 'raw':
      return stdout.write(list.leases.map(({ id }) => `${id}\n`).join(''));
    case 'ndjson':
      return stdout.write(list.leases.map((lease) => `${JSON.stringify(lease)}\n`).join(''));
    default:
      return printData(context, format, list);
  }
}

export async function revokeLease(context: Context, id: string): Promise<void> {
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const { revision, removed } = await withLeases(context, (leases) => leases.revoke(id));
  const entries = removed === 1 ? 'one entry' : `${removed} entries`;
  const text = `revoked ${id} with ${entries} at revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { id, removed, revision } });
}

function remaining({ remainingMs }: LeaseInfo): string {
  return remainingMs === undefined ? '-' : span(remainingMs);
}

function over({ terminal }: Context, id: string): Failure {
  return notFound(
    `there is no lease ${id} of yours, or it is over`,
    `${terminal.command} lease ls`,
  );
}

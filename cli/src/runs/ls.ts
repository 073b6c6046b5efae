import type { Listing } from '@confer/client';
import { comparePaths, type Entry, ROOT, utf8Length } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import { type Context, notice } from '../context.ts';
import { notFound } from '../failure.ts';
import { formatOf, printData } from '../output/format.ts';
import { oneLine, span, table } from '../output/text.ts';
import { listingOf } from '../past/listing.ts';

export interface LsOptions {
  readonly long?: true;
  readonly recursive?: true;
  readonly at?: string;
  readonly stale?: true;
}

export async function ls(context: Context, argument: string, options: LsOptions): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const listing = await listingOf(context, path, {
    at: options.at,
    query: {
      ...(options.stale === true ? { stale: true } : {}),
      ...(options.recursive === true ? {} : { depth: 1 }),
    },
  });
  const { revision, entries, folders } = listing;
  if (entries.length + folders.length === 0) {
    if (path !== ROOT) throw notFound(`there is nothing at or below ${path}`);
    notice(context, 'nothing is stored yet');
  }
  const { clock, stdout } = context.terminal;
  switch (format) {
    case 'table':
      return stdout.write(options.long === true ? details(listing, clock.now()) : names(listing));
    case 'raw':
      return stdout.write(names(listing));
    case 'ndjson':
      return stdout.write(
        rowsOf(listing)
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(''),
      );
    default:
      return printData(context, format, { revision, entries, folders });
  }
}

type Row = Entry | { readonly path: string; readonly folder: true };

/** Entries and folders in the order of the tree; a path can be both. */
function rowsOf({ entries, folders }: Listing): Row[] {
  const rows = [...entries, ...folders.map((path) => ({ path, folder: true as const }))];
  return rows.sort((a, b) => comparePaths(a.path, b.path));
}

function nameOf(row: Row): string {
  return 'folder' in row ? `${row.path}/` : row.path;
}

function names(listing: Listing): string {
  return rowsOf(listing)
    .map((row) => `${nameOf(row)}\n`)
    .join('');
}

function details(listing: Listing, now: number): string {
  // Most trees have none.
  const hasLeases = listing.entries.some(({ lease }) => lease !== undefined);
  const cells = (before: readonly string[], lease: string, path: string) => [
    ...before,
    ...(hasLeases ? [lease] : []),
    path,
  ];
  const rows = rowsOf(listing).map((row) => {
    if ('folder' in row) return cells(['', '', '', ''], '', nameOf(row));
    const { modRevision, updatedAt, updatedBy, value, lease = '', path } = row;
    const by = oneLine(updatedBy, 24);
    return cells(
      [`${modRevision}`, span(now - updatedAt), by, `${utf8Length(value)}`],
      lease,
      path,
    );
  });
  if (rows.length === 0) return '';
  return table([cells(['REVISION', 'AGE', 'BY', 'BYTES'], 'LEASE', 'PATH'), ...rows]);
}

import type { Entry } from '@confer/shared';

/** An entry as JSON. The revision comes first, where it is found without reading the rest. */
export function entryText(entry: Entry): string {
  const { modRevision, path, value, createRevision, version, updatedAt, updatedBy, lease } = entry;
  return JSON.stringify({
    modRevision,
    path,
    value,
    createRevision,
    version,
    updatedAt,
    updatedBy,
    lease,
  });
}

export function entryOfText(text: string): Entry {
  return JSON.parse(text);
}

const REVISION_AT = '{"modRevision":'.length;

export function revisionOfText(text: string): number {
  return Number.parseInt(text.slice(REVISION_AT, text.indexOf(',', REVISION_AT)), 10);
}

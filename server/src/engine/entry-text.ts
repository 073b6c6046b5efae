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
const ZERO = 0x30;

export function revisionOfText(text: string): number {
  let revision = 0;
  for (let i = REVISION_AT; ; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    // The comma behind it, or the end of what is no entry.
    if (!(digit >= 0 && digit <= 9)) return revision;
    revision = revision * 10 + digit;
  }
}

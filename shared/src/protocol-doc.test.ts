import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeDown, decodeUp } from './codec.ts';
import { Digest } from './digest.ts';
import { errorMeanings, errorScopes } from './error-meanings.ts';
import { errorCodes, errorKind } from './errors.ts';
import { limits, times } from './limits.ts';
import { type DownMessage, downMessage } from './messages/down.ts';
import { type UpMessage, upMessage } from './messages/up.ts';
import { DEFAULT_PORT, ENDPOINT, PROTOCOL_VERSION, SUBPROTOCOL } from './version.ts';

const text = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');

/** Decoding drops unknown fields, so an example is of a direction when nothing of it was dropped. */
function decodedWhole(
  frame: string,
  direction: 'up' | 'down',
): UpMessage | DownMessage | undefined {
  const decoded = direction === 'up' ? decodeUp(frame) : decodeDown(frame);
  if (!decoded.ok) return undefined;
  const same = canonical(decoded.message) === canonical(JSON.parse(frame));
  return same ? decoded.message : undefined;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

function typesShown(direction: 'up' | 'down'): string[] {
  const types = examples.flatMap((frame) => decodedWhole(frame, direction)?.type ?? []);
  return [...new Set(types)].sort();
}

const typesOf = (schema: typeof upMessage | typeof downMessage) =>
  schema.options.map((option) => option.entries.type.literal).sort();

describe('the examples of PROTOCOL.md', () => {
  it.each(examples)('are messages: number %#', (frame) => {
    const message = decodedWhole(frame, 'up') ?? decodedWhole(frame, 'down');
    expect(message, JSON.stringify([decodeUp(frame), decodeDown(frame)], null, 1)).toBeDefined();
  });

  it('show every type of message in both directions', () => {
    expect(typesShown('up')).toEqual(typesOf(upMessage));
    expect(typesShown('down')).toEqual(typesOf(downMessage));
  });

  it('show the digest of one entry', () => {
    const [, path = '', revision, digest] =
      /one entry `(\S+)` at `modRevision` (\d+) [\s\S]*?the digest is `(\w+)`/.exec(text) ?? [];
    const one = new Digest();
    one.add(path, Number(revision));
    expect(one.toString()).toBe(digest);
  });

  it('show the digest of the snapshot that they show', () => {
    const messages = examples.flatMap((frame) => decodedWhole(frame, 'down') ?? []);
    const snapshot = messages.find((message) => message.type === 'snapshot');
    const synced = messages.find((message) => message.type === 'synced');
    const digest = new Digest();
    for (const { path, modRevision } of snapshot?.entries ?? []) digest.add(path, modRevision);
    expect(synced).toMatchObject({
      entries: snapshot?.entries.length,
      digest: digest.toString(),
    });
  });

  it('show the default limits and the version', () => {
    const welcome = examples
      .flatMap((frame) => decodedWhole(frame, 'down') ?? [])
      .find((message) => message.type === 'welcome');
    expect(welcome).toMatchObject({ version: PROTOCOL_VERSION, heartbeatMs: times.heartbeatMs });
    expect(limits).toMatchObject(welcome?.limits ?? { limits: 'missing' });
  });
});

/** A row for each message: the fields that it always has, and those that it may have. */
function fieldRows(direction: string, schema: typeof upMessage | typeof downMessage): string[] {
  return schema.options.map(({ entries }) => {
    const { type, ...fields } = entries;
    const named = (isOptional: boolean) =>
      Object.entries(fields)
        .filter(([, field]) => (field.type === 'exact_optional') === isOptional)
        .map(([name]) => `\`${name}\``)
        .join(', ');
    return `| \`${type.literal}\` | ${direction} | ${named(false)} | ${named(true)} |`;
  });
}

describe('the table of all messages in PROTOCOL.md', () => {
  it('has every message, with the fields that it always has and those that it may have', () => {
    const rows = [...fieldRows('up', upMessage), ...fieldRows('down', downMessage)];
    const [, table = ''] = /## 12\. All messages[\s\S]*?(\| `hello`[\s\S]*?)\n\n/.exec(text) ?? [];
    expect(table.split('\n')).toEqual(rows);
  });
});

describe('the error table of PROTOCOL.md', () => {
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (\d*) ?\| (\w+) \| (.+) \|$/gm)].map(
    ([, code, ends, closeCode, retry, meaning]) => ({ code, ends, closeCode, retry, meaning }),
  );

  it('is that of the code', () => {
    expect(rows).toEqual(
      errorCodes.map((code) => {
        const { closeCode, retry } = errorKind(code);
        const meaning = errorMeanings[code];
        return {
          code,
          ends: errorScopes[code],
          closeCode: String(closeCode ?? ''),
          retry,
          meaning,
        };
      }),
    );
  });

  it('explains every retry that it names', () => {
    for (const retry of new Set(rows.map((row) => row.retry)))
      expect(text).toMatch(new RegExp(`\\*\\*retry\\*\\*[\\s\\S]*\`${retry}\``));
  });
});

describe('PROTOCOL.md', () => {
  const numbers = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);

  it.each([...numbers('W', 12), ...numbers('S', 6)])('states %s of the contract', (number) => {
    expect(text).toMatch(new RegExp(`\\b${number} [a-z]`));
  });

  it('names the port, the endpoint and the subprotocol', () => {
    for (const name of [String(DEFAULT_PORT), `\`${ENDPOINT}\``, `\`${SUBPROTOCOL}\``])
      expect(text).toContain(name);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { downMessage } from './messages/down.ts';
import { serverFigures } from './messages/server-figures.ts';
import { sessionItems } from './messages/session-items.ts';
import { subscriberItems } from './messages/subscriber-items.ts';
import { txnResults } from './messages/txn-results.ts';
import { upMessage } from './messages/up.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** The schema that PROTOCOL_VERSION stands for. */
const KNOWN = {
  version: 1,
  hash: '160fd7dfd76ff9245c762020bc13cd217de04fea2c786c94f571005c40eafeb6',
};

const WHAT_TO_DO = `The messages of the protocol have changed.
1. Describe the change in a line of the history in shared/src/version.ts.
2. Raise PROTOCOL_VERSION if a peer of the old version would misread the new messages, or refuse
   them: new required fields, another meaning, tighter limits. New optional fields need no raise.
3. Say it in shared/PROTOCOL.md.
4. Put the new version and hash into KNOWN in shared/src/version.test.ts.`;

/** What of a schema decides which messages are valid. The rest are functions and texts for people. */
const SAYS = ['type', 'literal', 'requirement', 'entries', 'item', 'key', 'value', 'wrapped'];

/** A description of a schema that is the same whatever order it was written in. */
function describeSchema(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(describeSchema);
  if ('pipe' in schema) return describeSchema(schema.pipe);
  if (!('type' in schema) || typeof schema.type !== 'string') return sorted(schema);
  const said = Object.entries(schema).filter(
    ([key, value]) => SAYS.includes(key) && typeof value !== 'function',
  );
  if (!('options' in schema) || !Array.isArray(schema.options))
    return sorted(Object.fromEntries(said));
  const options = schema.options.map(describeSchema).sort(byText);
  return { ...sorted(Object.fromEntries(said)), options };
}

function sorted(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).map(([key, value]) => [key, describeSchema(value)]);
  return Object.fromEntries(entries.sort(byText));
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

describe('the version of the protocol', () => {
  const description = JSON.stringify({
    up: describeSchema(upMessage),
    down: describeSchema(downMessage),
    items: [txnResults, subscriberItems, sessionItems, serverFigures].map(describeSchema),
  });

  it('stands for the schema as it is', () => {
    const hash = createHash('sha256').update(description).digest('hex');
    expect({ version: PROTOCOL_VERSION, hash }, WHAT_TO_DO).toEqual(KNOWN);
  });

  it('is watched over by a description that sees types, fields, literals and limits', () => {
    for (const part of ['"goodbye"', 'retryInMs', 'picklist', 'exact_optional', '100000', '8192'])
      expect(description).toContain(part);
    expect(description).not.toContain('Expected');
  });
});

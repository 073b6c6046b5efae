import { readFile } from 'node:fs/promises';
import { ConflictError } from '@confer/client';
import { limits, utf8Length } from '@confer/shared';
import { countArgument, entryArgument } from '../arguments.ts';
import { decodeExactly } from '../config-data/text.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';

export interface SetOptions {
  readonly ifRevision?: string;
  readonly create?: true;
  readonly lease?: string;
  readonly note?: string;
}

export async function set(
  context: Context,
  argument: string,
  source: string,
  options: SetOptions,
): Promise<void> {
  const path = entryArgument(argument);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const ifRevision = conditionOf(options);
  const value = await readValue(context, source);
  const bytes = utf8Length(value);
  if (bytes > limits.valueBytesMax)
    throw new Failure(
      exitCodes.invalid,
      'too_large',
      `the value has ${bytes} bytes; the limit is ${limits.valueBytesMax} bytes (1 MiB)`,
    );
  const { revision } = await withClient(context, async (client) => {
    try {
      return await client.set(path, value, {
        ...(ifRevision === undefined ? {} : { ifRevision }),
        ...(options.lease === undefined ? {} : { lease: options.lease }),
        ...(options.note === undefined ? {} : { note: options.note }),
      });
    } catch (error) {
      throw error instanceof ConflictError ? conflict(context, path, error) : error;
    }
  });
  const text = `set ${path} at revision ${revision}`;
  await printResult(context, format, { text, raw: revision, data: { path, revision } });
}

function conditionOf({ create, ifRevision }: SetOptions): number | undefined {
  if (ifRevision !== undefined) return countArgument(ifRevision, '--if-revision');
  return create === true ? 0 : undefined;
}

async function readValue({ terminal }: Context, source: string): Promise<string> {
  if (source === '-') return decode(await terminal.stdin.read(), 'stdin');
  if (source.startsWith('@')) return decode(await readBytes(source.slice(1)), source.slice(1));
  return source;
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      exitCodes.other,
      'unreadable',
      `cannot read the value: ${why}`,
      'a value that starts with "@" can come from stdin: printf %s "@value" | confer set PATH -',
    );
  }
}

function decode(bytes: Uint8Array, source: string): string {
  const text = decodeExactly(bytes);
  if (text !== undefined) return text;
  throw new Failure(
    exitCodes.invalid,
    'invalid_value',
    `${source} is not UTF-8, and a value is text`,
    'encode binary data first, for example with base64',
  );
}

function conflict({ terminal }: Context, path: string, { current }: ConflictError): Failure {
  const now = current === undefined ? 'holds no value' : `is at revision ${current.modRevision}`;
  return new Failure(
    exitCodes.conflict,
    'conflict',
    `${path} ${now} now; nothing was written`,
    current === undefined ? undefined : `see it with: ${terminal.command} get ${path} -o json`,
  );
}

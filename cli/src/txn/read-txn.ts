import type { Condition, TxnOperation } from '@confer/client';
import { type Data, isMap, writeValue } from '@confer/shared';
import type { Parsed } from '../config-data/parsed.ts';

/** What a file says of a transaction. */
export interface TxnFile {
  readonly if: readonly Condition[];
  readonly then: readonly TxnOperation[];
  /** Missing where the file says nothing of it: then a condition that does not hold is a failure. */
  readonly else: readonly TxnOperation[] | undefined;
  readonly note: string | undefined;
}

/** Each is one problem, with its place. */
export class TxnFileError extends Error {
  override readonly name = 'TxnFileError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const SECTIONS = ['if', 'then', 'else', 'note'];
const KINDS = 'modRevision, createRevision, version, value, exists, lease or unchangedSince';

/** Reads a transaction. Throws a `TxnFileError` with all that is wrong with it. */
export function readTxn({ data, locate }: Parsed, file: string): TxnFile {
  const problems: string[] = [];
  const at = (keys: readonly string[], problem: string): undefined => {
    const place = locate(keys);
    const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
    problems.push(`${where}: ${problem}`);
  };
  const map = isMap(data) ? data : {};
  if (!isMap(data)) at([], 'a transaction is a map with the keys if, then, else and note');
  for (const key of Object.keys(map))
    if (!SECTIONS.includes(key))
      at([key], `a transaction has no ${key}, but if, then, else and note`);
  const items = <Item>(
    key: string,
    read: (item: Data, say: (problem: string) => undefined) => Item | undefined,
  ): Item[] => {
    const list = map[key] ?? [];
    if (!Array.isArray(list)) at([key], `${key} is a list`);
    return (Array.isArray(list) ? list : []).flatMap(
      (item, i) => read(item, (problem) => at([key], `${key}, number ${i + 1}: ${problem}`)) ?? [],
    );
  };
  const { note } = map;
  if (note !== undefined && typeof note !== 'string') at(['note'], 'a note is text');
  const txn = {
    if: items('if', conditionOf),
    then: items('then', operationOf),
    else: map.else === undefined ? undefined : items('else', operationOf),
    note: typeof note === 'string' ? note : undefined,
  };
  if (problems.length > 0) throw new TxnFileError(problems);
  return txn;
}

type Say = (problem: string) => undefined;

function conditionOf(item: Data, say: Say): Condition | undefined {
  if (!isMap(item)) return say(`a condition is a map: { path: /a, exists: false }`);
  const { path, ...rest } = item;
  const [kind = '', ...more] = Object.keys(rest);
  if (typeof path !== 'string') return say('a condition has a path');
  if (more.length > 0 || kind === '') return say(`beside its path a condition has one of ${KINDS}`);
  return ofKind(path, kind, rest[kind] ?? null, say);
}

function ofKind(path: string, kind: string, data: Data, say: Say): Condition | undefined {
  const count = countOf(data);
  switch (kind) {
    case 'value':
      return { path, value: writeValue(data) };
    case 'exists':
      return typeof data === 'boolean' ? { path, exists: data } : say('exists is true or false');
    case 'lease':
      if (data === null || typeof data === 'string') return { path, lease: data };
      return say('lease is the name of one, or null');
    case 'modRevision':
      return count === undefined ? say(`${kind} is a whole number`) : { path, modRevision: count };
    case 'createRevision':
      return count === undefined
        ? say(`${kind} is a whole number`)
        : { path, createRevision: count };
    case 'version':
      return count === undefined ? say(`${kind} is a whole number`) : { path, version: count };
    case 'unchangedSince':
      return count === undefined
        ? say(`${kind} is a whole number`)
        : { path, unchangedSince: count };
    default:
      return say(`there is no condition ${kind}, but ${KINDS}`);
  }
}

const VERBS = 'put, delete, get or list';
/** What an operation may say beside its verb and path. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  put: ['value'],
  delete: ['recursive'],
  get: [],
  list: ['depth', 'limit', 'values'],
};

function operationOf(item: Data, say: Say): TxnOperation | undefined {
  if (!isMap(item)) return say('an operation is a map: { put: /a, value: 1 }');
  const [verb, ...others] = Object.keys(item).filter((key) => FIELDS[key] !== undefined);
  if (verb === undefined || others.length > 0) return say(`an operation is one of ${VERBS}`);
  const { [verb]: path, ...rest } = item;
  if (typeof path !== 'string') return say(`${verb} names a path`);
  const foreign = Object.keys(rest).find((key) => FIELDS[verb]?.includes(key) !== true);
  if (foreign !== undefined) return say(`${verb} has no ${foreign}`);
  if (verb === 'get') return { type: 'get', path };
  if (verb === 'list') return listOf(path, rest, say);
  if (verb === 'put')
    return rest.value === undefined
      ? say('put has a value')
      : { type: 'put', path, value: writeValue(rest.value) };
  const { recursive } = rest;
  if (recursive !== undefined && typeof recursive !== 'boolean')
    return say('recursive is true or false');
  return { type: 'delete', path, ...(recursive === true && { recursive }) };
}

function listOf(
  path: string,
  { depth, limit, values }: Readonly<Record<string, Data>>,
  say: Say,
): TxnOperation | undefined {
  if (values !== undefined && typeof values !== 'boolean') return say('values is true or false');
  const [depthMax, most] = [depth, limit].map((each) => each !== undefined && countOf(each));
  if (depthMax === undefined || most === undefined) return say('depth and limit are whole numbers');
  return {
    ...{ type: 'list', path },
    ...(typeof depthMax === 'number' && { depth: depthMax }),
    ...(typeof most === 'number' && { limit: most }),
    ...(values !== undefined && { values }),
  };
}

function countOf(data: Data): number | undefined {
  const count = typeof data === 'bigint' ? Number(data) : data;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

import type { Condition, TxnOperation } from '@confer/shared';
import type { TxnOptions } from '../api.ts';
import type { TxnOperations } from '../txn-api.ts';
import {
  type ArgumentType,
  array,
  count,
  flag,
  isObject,
  name,
  object,
  text,
} from '../validation/argument-types.ts';
import {
  checkArgument,
  checkCondition,
  checkOperation,
  checkOptions,
  checkPath,
  checkSubtree,
} from '../validation/arguments.ts';

const aTxnOperation: ArgumentType = [
  'an operation of the type put, delete, get or list',
  (value) => isObject(value) && TYPES.has(value.type),
];
const TYPES: ReadonlySet<unknown> = new Set(['put', 'delete', 'get', 'list']);

const [, isName] = name;
const fields: Readonly<Record<string, ArgumentType>> = {
  modRevision: count,
  createRevision: count,
  version: count,
  unchangedSince: count,
  value: text,
  exists: flag,
  lease: ['the name of a lease, or null', (value) => value === null || isName(value)],
};

/** @throws {ConferError} What is wrong with a transaction first. */
export function checkTxn(request: TxnOptions<TxnOperations, TxnOperations>): void {
  checkArgument('a transaction', request, object);
  checkOptions(request, { if: array, then: array, else: array, note: text }, 'transaction');
  for (const condition of request.if ?? []) checkKind(condition);
  for (const operation of [...(request.then ?? []), ...(request.else ?? [])]) check(operation);
}

function checkKind(condition: Condition): void {
  checkCondition(condition);
  for (const [field, value] of Object.entries(condition)) {
    const type = field === 'path' ? text : fields[field];
    checkArgument(`condition.${field}`, value, type ?? unknownKind);
  }
}

const unknownKind: ArgumentType = [`one of ${Object.keys(fields).join(', ')}`, () => false];

function check(operation: TxnOperation): void {
  checkArgument('an operation', operation, aTxnOperation);
  if (operation.type === 'get') checkPath(operation.path);
  else if (operation.type === 'list') {
    checkSubtree(operation.path);
    checkOptions(operation, { depth: count, values: flag, limit: aLimit }, 'an operation');
  } else checkOperation(operation);
}

const aLimit: ArgumentType = [
  'a whole number from 1',
  (value) => Number.isSafeInteger(value) && Number(value) >= 1,
];

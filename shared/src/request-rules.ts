import { ProtocolError } from './errors.ts';
import { isLeaseId } from './lease.ts';
import { limits } from './limits.ts';
import type { TxnOperation } from './messages/txn-up.ts';
import type { Condition, Operation } from './messages/values-up.ts';
import { isReserved, pathProblem, subtreeProblem } from './path.ts';
import { hasLoneSurrogate, utf8Length } from './utf8.ts';

/** What a request is held against before anything is done. Each throws the `ProtocolError` of the first break. */

export function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new ProtocolError('invalid_path', problem, { path });
}

export function checkSubtree(path: string): void {
  const problem = subtreeProblem(path);
  if (problem !== undefined) throw new ProtocolError('invalid_path', problem, { path });
}

export function checkOperation(operation: Operation): void {
  const { path } = operation;
  if (operation.type === 'delete' && operation.recursive === true) checkSubtree(path);
  else checkPath(path);
  if (isReserved(path))
    throw new ProtocolError('reserved_path', 'what is named .confer belongs to the server', {
      path,
    });
  if (operation.type !== 'put') return;
  if (operation.lease !== undefined) checkLease(operation.lease);
  checkValue(path, operation.value);
}

/** What is no id at all is one of a lease that never was. */
export function checkLease(lease: string): void {
  if (!isLeaseId(lease)) throw leaseNotFound(lease);
}

export function leaseNotFound(lease: string): ProtocolError {
  const name = lease.slice(0, limits.nameLengthMax);
  return new ProtocolError('lease_not_found', `there is no lease ${name}, or it is over`);
}

/** The same of what a transaction does. */
export function checkTxnOperation(operation: TxnOperation): void {
  if (operation.type === 'get') checkPath(operation.path);
  else if (operation.type === 'list') checkSubtree(operation.path);
  else checkOperation(operation);
}

export function checkCondition(condition: Condition): void {
  if ('unchangedSince' in condition) checkSubtree(condition.path);
  else checkPath(condition.path);
  if ('value' in condition) checkValue(condition.path, condition.value);
}

export function checkNote(note: string): void {
  if (hasLoneSurrogate(note))
    throw new ProtocolError('invalid_value', 'a note holds no lone surrogates');
  if (utf8Length(note) > limits.noteBytesMax)
    throw new ProtocolError('too_large', `a note is at most ${limits.noteBytesMax} bytes long`);
}

function checkValue(path: string, value: string): void {
  // A code unit takes three bytes at most, so that short values need not be measured.
  if (value.length * 3 > limits.valueBytesMax && utf8Length(value) > limits.valueBytesMax)
    throw new ProtocolError('too_large', `a value is at most ${limits.valueBytesMax} bytes long`, {
      path,
    });
  if (hasLoneSurrogate(value))
    throw new ProtocolError('invalid_value', 'a value holds no lone surrogates', { path });
}

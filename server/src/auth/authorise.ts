import {
  type Condition,
  isReserved,
  isWithin,
  type Operation,
  ProtocolError,
  ROOT,
  type TxnOperation,
  type Verb,
} from '@confer/shared';
import type { Principal } from './principal.ts';
import { ALL_RIGHTS, type Decision, type Reach, type Rights } from './rights.ts';

/** What is the server's own, at the top of the tree: who may do what, and the heads of audit files. */
const OWN = '/.confer';

/** What somebody may not do. */
export class Denied extends ProtocolError {
  readonly verb: Verb;

  constructor(verb: Verb, message: string, path: string) {
    super('forbidden', message, { path });
    this.verb = verb;
  }
}

/** Throws `Denied` unless a principal may do something with an entry, or with all of a subtree. */
export function requireRight(
  { rights, name }: Principal,
  verb: Verb,
  path: string,
  reach: Reach,
): void {
  if (rights === ALL_RIGHTS) return;
  const needed = verbFor(verb, path);
  if (rights.allows(needed, path, reach)) return;
  const { rule, denied } = rights.decide(needed, path, reach);
  const what = reach === 'subtree' ? 'all of ' : '';
  const message = `${name} may not ${needed} ${what}${path}: ${rule}`;
  throw new Denied(needed, message, denied ?? path);
}

/** For what concerns no path: the server as a whole. */
export function requireOverAll(principal: Principal, verb: 'operate' | 'admin'): void {
  requireRight(principal, verb, ROOT, 'subtree');
}

export function mayRead({ rights }: Principal, path: string, reach: Reach): boolean {
  return rights === ALL_RIGHTS || rights.allows(verbFor('read', path), path, reach);
}

export function mayOperate({ rights }: Principal): boolean {
  return rights.allows('operate', ROOT, 'subtree');
}

/** Whether there is anything that it may write. */
export function mayWriteSomething({ rights }: Principal): boolean {
  return rights.hasAny('write');
}

/**
 * A commit is all or nothing, and so are the rights to it: to write each path, and to read or write where a condition
 * looks, as a condition tells what is there.
 */
export function requireCommit(
  principal: Principal,
  operations: readonly Operation[],
  conditions: readonly Condition[],
): void {
  const { rights } = principal;
  if (rights === ALL_RIGHTS) return;
  // safeguard: each-operation-is-judged
  for (const operation of operations)
    requireRight(principal, 'write', operation.path, reachOf(operation));
  for (const condition of conditions) requireCondition(principal, condition);
}

/** The same for both branches of a transaction: which one is done, nobody knows before. */
export function requireTxn(principal: Principal, asked: AskedTxn): void {
  if (principal.rights === ALL_RIGHTS) return;
  for (const branch of [asked.branch(true), asked.branch(false)])
    for (const operation of branch) {
      const isWrite = operation.type === 'put' || operation.type === 'delete';
      // safeguard: each-branch-is-judged
      requireRight(principal, isWrite ? 'write' : 'read', operation.path, reachOf(operation));
    }
  for (const condition of asked.conditions) requireCondition(principal, condition);
}

export interface AskedTxn {
  readonly conditions: readonly Condition[];
  branch(succeeded: boolean): readonly TxnOperation[];
}

/** Nobody writes what is the server's own, so to be allowed to shows nothing of it. Nor does it show a value. */
function requireCondition(principal: Principal, condition: Condition): void {
  const { path } = condition;
  const reach = 'unchangedSince' in condition ? 'subtree' : 'entry';
  // safeguard: who-asks-for-a-value-may-read-it
  const isReading = 'value' in condition || isWithin(path, OWN);
  if (isReading || !principal.rights.allows('write', path, reach))
    requireRight(principal, 'read', path, reach);
}

/** Whether something may be done with all of a subtree, as requests are judged that do it. */
export function decisionOf(rights: Rights, verb: Verb, path: string): Decision {
  if (verb === 'write' && isReserved(path))
    return { isAllowed: false, rule: 'what is named .confer belongs to the server', denied: path };
  return rights.decide(verbFor(verb, path), path, 'subtree');
}

/** Whether somebody may see what a commit did: how many entries went is something read. */
export function maySeeOutcome(principal: Principal, operations: readonly Operation[]): boolean {
  if (principal.rights === ALL_RIGHTS) return true;
  return operations.every((operation) => mayRead(principal, operation.path, reachOf(operation)));
}

export function reachOf(operation: TxnOperation): Reach {
  if (operation.type === 'list') return 'subtree';
  return operation.type === 'delete' && operation.recursive === true ? 'subtree' : 'entry';
}

/** To read what is the server's own takes more than to read everything else. */
function verbFor(verb: Verb, path: string): Verb {
  return verb === 'read' && isWithin(path, OWN) ? 'admin' : verb;
}

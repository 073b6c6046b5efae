import { type Clock, ProtocolError, type Random } from '@confer/shared';
import type { EngineMeasures } from '../../../measures.ts';
import { EtcdError } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import type { TxnRequest, TxnResponse } from '../client/messages.ts';
import { backoffMs, pause } from '../waiting.ts';

export interface TxnSenderOptions {
  readonly members: Members;
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to the clock. */
  readonly uptimeMs: () => number;
  readonly random: Random;
  readonly measures: EngineMeasures;
  /** Why there is no touch with the cluster, while there is none. */
  readonly behind: () => string | undefined;
  /** Why nothing is sent any more, once that is so. */
  readonly closed: () => string | undefined;
  /** The newest revision that is shown. */
  readonly shown: () => number;
  /** What is shown is not what the cluster has: somebody has to look. */
  readonly onStrange: (reason: string) => void;
  /** Why the cluster takes no writes of this server; `undefined`: it does. */
  readonly onRefusal: (reason: string | undefined) => void;
}

/** An answer, and whether an earlier try of the same may still be made. */
export interface Sent {
  readonly response: TxnResponse;
  readonly isUncertain: boolean;
}

/**
 * The cluster's quota is spent. Who is told so may have been written all the same (etcd #16659), and sees it by a
 * read; unless an earlier try is under way yet.
 */
export class NoSpace extends Error {
  override readonly name = 'NoSpace';
  readonly isUncertain: boolean;

  constructor(isUncertain: boolean) {
    super('the quota of the etcd cluster is spent');
    this.isUncertain = isUncertain;
  }
}

/**
 * A member that has others beside it is given this long at first, and then a little longer: to send the same again
 * elsewhere does no harm, and what a member has sent to a leader that died, or has while there is none, is answered
 * only when its own patience ends, after 7 s (5 s and two elections).
 */
const FIRST_TRY_MS = 1_000;
const NEXT_TRY_MS = 2_000;
const LONE_TRY_MS = 8_000;
/** So long it is tried to learn what became of a write. */
const RESOLVE_MS = 30_000;
/** A cluster that has no leader finds one within this; longer, and nobody waits for it. */
const REFUSED_MS = 3_000;

/**
 * Sends transactions until it is known what became of them. They are made so that a second one does nothing, and so
 * whatever leaves a doubt is sent again: `unavailable` is said only where nothing was and nothing will be written.
 */
export class TxnSender {
  readonly #options: TxnSenderOptions;

  constructor(options: TxnSenderOptions) {
    this.#options = options;
  }

  /** `wasUncertain`: something is in doubt that this one is to settle, so that nothing is certain where it fails. */
  async send(txn: TxnRequest, wasUncertain = false): Promise<Sent> {
    const { members, clock, uptimeMs, random, behind, closed, onRefusal, measures } = this.#options;
    const startedMs = uptimeMs();
    let isUncertain = wasUncertain;
    for (let tries = 0; ; tries++) {
      const over = closed();
      if (over !== undefined) throw isUncertain ? inDoubt(over) : unavailable(over);
      const reason = behind();
      if (reason !== undefined && !isUncertain) throw unavailable(reason);
      const member = members.current;
      try {
        const timeoutMs = patienceMs(tries, members.count);
        const shown = this.#options.shown();
        const response = await member.txn(txn, { timeoutMs });
        this.#requireForward(txn, response, { shown, isUncertain });
        if (response.succeeded && hasPut(txn)) {
          onRefusal(undefined);
          measures.durable(uptimeMs() - startedMs);
        }
        return { response, isUncertain };
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        const failure =
          error instanceof EtcdError ? error : new EtcdError('unknown', String(error));
        if (failure.isNoSpace) {
          onRefusal('the quota of etcd is spent');
          throw new NoSpace(isUncertain);
        }
        isUncertain ||= !failure.isNotWritten;
        if (failure.isUnauthorized) onRefusal(`this server may not write: ${failure.message}`);
        if (!isUncertain && !isPassing(failure)) throw refusal(failure);
        const waitedMs = uptimeMs() - startedMs;
        if (isUncertain ? waitedMs > RESOLVE_MS : waitedMs > REFUSED_MS)
          throw isUncertain ? inDoubt(failure.message) : unavailable(failure.message);
        members.leave(member);
        await pause(clock, backoffMs(tries, random));
      }
    }
  }

  /**
   * Nothing that the cluster does is before what it has shown. Where it is, it was put back: what was written is
   * part of another history, whatever its revision says here.
   */
  #requireForward(
    txn: TxnRequest,
    { header, succeeded }: TxnResponse,
    { shown, isUncertain }: { readonly shown: number; readonly isUncertain: boolean },
  ): void {
    const isMade = succeeded && hasPut(txn);
    if (isMade ? header.revision > shown : header.revision >= shown) return;
    const reason = `the cluster is at revision ${header.revision}, and was at ${shown}`;
    this.#options.onStrange(reason);
    throw isMade || isUncertain ? inDoubt(reason) : unavailable(reason);
  }
}

function patienceMs(tries: number, members: number): number {
  if (members === 1) return LONE_TRY_MS;
  return tries === 0 ? FIRST_TRY_MS : NEXT_TRY_MS;
}

/** Whether there must be room for it. */
function hasPut({ success }: TxnRequest): boolean {
  return success.some((operation) => 'requestPut' in operation);
}

/** Whether another member, or this one in a moment, may take it. */
function isPassing({ code, message }: EtcdError): boolean {
  return code === 'unavailable' || message.includes('too many requests');
}

function refusal(failure: EtcdError): ProtocolError {
  if (failure.isTooLarge)
    return new ProtocolError('too_large', `etcd refuses it: ${failure.message}`);
  if (failure.code === 'not_found')
    return new ProtocolError('lease_not_found', `the lease is over: ${failure.message}`);
  if (failure.isUnauthorized)
    return unavailable(`the server may not write to etcd: ${failure.message}`);
  return new ProtocolError('internal', `etcd refuses it: ${failure.message}`);
}

function unavailable(reason: string): ProtocolError {
  return new ProtocolError('unavailable', `nothing was written: ${reason}`);
}

function inDoubt(reason: string): ProtocolError {
  return new ProtocolError('outcome_unknown', `it may have been written: ${reason}`);
}

import { type Condition, ProtocolError, type TxnOperation } from '@confer/shared';
import { type AskedTxn, requireTxn } from './authorise.ts';
import type { Principal } from './principal.ts';
import type { Rights } from './rights.ts';

/** What one frame brings of a commit, or of both branches of a transaction. */
export interface JudgedPart {
  readonly conditions: readonly Condition[];
  readonly operations: readonly (readonly TxnOperation[])[];
}

/**
 * What the rights of somebody say to a write that comes in parts. Each part is judged as it comes: of the longest paths,
 * all of it would take the turn of the last part a tenth of a second.
 */
export class Judgement {
  #rights: Rights | undefined;
  #isByOne = true;
  #refusal: ProtocolError | undefined;

  add(principal: Principal, { conditions, operations }: JudgedPart): void {
    this.#rights ??= principal.rights;
    this.#isByOne &&= this.#rights === principal.rights;
    if (!this.#isByOne || this.#refusal !== undefined) return;
    const [first = [], second = []] = operations;
    const asked: AskedTxn = { conditions, branch: (succeeded) => (succeeded ? first : second) };
    try {
      requireTxn(principal, asked);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refusal = error;
    }
  }

  /**
   * Throws what was refused. `false`: somebody's rights have changed since the first part, so nothing that was judged
   * counts (W11).
   */
  settles({ rights }: Principal): boolean {
    // safeguard: parts-are-judged-by-the-rights-of-the-end
    if (!this.#isByOne || this.#rights !== rights) return false;
    if (this.#refusal !== undefined) throw this.#refusal;
    return true;
  }
}

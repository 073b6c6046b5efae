import {
  type Clock,
  type Condition,
  type CreateTokenRequest,
  limits,
  type Operation,
  ProtocolError,
  type RotateTokenRequest,
  type TokenInfo,
  type UpdateTokenRequest,
} from '@confer/shared';
import { hashOf } from '../hash.ts';
import type { Principal } from '../principal.ts';
import {
  AUTH,
  NAMES,
  nameProblem,
  TOKENS,
  type TokenRecord,
  tokenRecordText,
  USED,
} from '../records.ts';
import { ADMIN } from '../rights.ts';
import { type NewSecret, newToken, rotated, type Token, tokenText } from '../token.ts';
import { put, requireHeld, requireLoosening, requireRoles } from './granting.ts';
import { ByName, type Page } from './page.ts';
import type { Author, PolicyWriter } from './policy-writer.ts';

/** A token with its secret, which nobody can be shown again. */
export interface MadeToken {
  readonly revision: number;
  readonly token: string;
  readonly info: TokenInfo;
}

/** Written with the first admin of a store, so that of many who try at once exactly one makes it. */
const FIRST = `${AUTH}/first`;
/** The name of the token that an operator hands in. */
const OPERATOR = 'operator';
/** Whoever had one of these would be taken for the server in histories. */
const OWN_NAMES = new Set(['confer', 'bootstrap', 'confer-token-recover']);
const OVERLAP_MS_MAX = 30 * 24 * 60 * 60 * 1_000;

/** Makes, changes and removes tokens. */
export class TokenAdministration {
  readonly #writer: PolicyWriter;
  readonly #clock: Clock;
  readonly #newSecret: NewSecret;
  readonly #ordered: ByName<TokenRecord>;

  constructor(writer: PolicyWriter, clock: Clock, newSecret: NewSecret) {
    this.#writer = writer;
    this.#clock = clock;
    this.#newSecret = newSecret;
    this.#ordered = new ByName(() => [...writer.policy.tokens.values()]);
  }

  /** A page, in the order of the names. */
  list(after: string | undefined): Page<TokenInfo> {
    const { revision } = this.#writer.policy;
    return this.#ordered.page(revision, after, (record) => this.#infoOf(record));
  }

  async create(principal: Principal, request: CreateTokenRequest): Promise<MadeToken> {
    const { name, roles, expiresAt, notBefore, note } = request;
    const { policy } = this.#writer;
    const problem = nameProblem(name);
    if (problem !== undefined) throw new ProtocolError('invalid_value', problem);
    if (OWN_NAMES.has(name))
      throw new ProtocolError('invalid_value', `what the server does by itself is done by ${name}`);
    if (policy.tokens.size >= limits.tokensMax)
      throw new ProtocolError('too_large', `a store has at most ${limits.tokensMax} tokens`);
    requireRoles(policy, principal.rights, roles);
    this.#requireFuture(expiresAt);
    const token = newToken(this.#newSecret);
    const record: TokenRecord = {
      ...{ id: token.id, name, hash: hashOf(token.secret), roles },
      ...{ createdAt: this.#clock.now(), createdBy: principal.name, expiresAt },
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(note === undefined ? {} : { note }),
    };
    const first = principal.kind === 'bootstrap' ? this.#first(record) : NOTHING;
    const revision = await this.#writeNew(principal, record, first);
    return { revision, token: tokenText(token), info: this.#infoOf(record) };
  }

  /**
   * A token that the operator has made becomes that of the first admin. Where another server made one, that is it. One
   * that was known and is of no use any more never comes back by this: it may have been disabled because it was seen.
   */
  async adopt({ id, secret }: Token): Promise<void> {
    const { policy } = this.#writer;
    const known = policy.tokens.get(id);
    if (known !== undefined)
      throw new ProtocolError(
        'forbidden',
        `it is the token ${known.name}, which may not say who may do what: make another one with confer token generate`,
      );
    // The name of one that an operator handed in before is taken, whatever became of that.
    const name = policy.tokenNamed(OPERATOR) === undefined ? OPERATOR : `${OPERATOR}-${id}`;
    const record: TokenRecord = {
      ...{ id, name, hash: hashOf(secret), roles: [ADMIN.name] },
      ...{ createdAt: this.#clock.now(), createdBy: 'confer', expiresAt: null },
      note: 'of --bootstrap-token-file',
    };
    const along = { operations: [put(FIRST, id)], conditions: [this.#writer.unchanged(FIRST)] };
    try {
      await this.#writeNew({ name: 'confer' }, record, along);
    } catch (error) {
      if (!this.#writer.policy.hasAdmin(this.#clock.now())) throw error;
    }
  }

  /** `onOwn`: told the hash of the new secret before it holds, where it is that of the token that is used for it. */
  async rotate(
    principal: Principal,
    request: RotateTokenRequest,
    onOwn: (hash: string) => void,
  ): Promise<MadeToken> {
    const { token: id, overlapMs, expiresAt } = request;
    const { record, condition } = this.#existing(id);
    requireHeld(this.#writer.policy, principal.rights, record.roles);
    if (overlapMs > OVERLAP_MS_MAX)
      throw new ProtocolError('invalid_value', 'an old secret is good for 30 days more at most');
    if (expiresAt !== undefined) this.#requireFuture(expiresAt);
    const next = rotated(record, this.#newSecret);
    const { oldHash: _, overlapUntil: __, ...kept } = record;
    const overlapUntil = this.#clock.now() + overlapMs;
    const changed: TokenRecord = {
      ...kept,
      ...(overlapMs === 0 ? {} : { oldHash: record.hash, overlapUntil }),
      hash: hashOf(next.secret),
      expiresAt: expiresAt === undefined ? record.expiresAt : expiresAt,
    };
    if (record.id === principal.tokenId) onOwn(changed.hash);
    const revision = await this.#writer.write(principal, [recordPut(changed)], [condition]);
    return { revision, token: tokenText(next), info: this.#infoOf(changed) };
  }

  /** To end what a token may do, one need not be able to do it. */
  async update(principal: Principal, request: UpdateTokenRequest): Promise<number> {
    const { token: id, disabled, roles, expiresAt, note } = request;
    const { policy } = this.#writer;
    const { record, condition } = this.#existing(id);
    if (disabled === false || roles !== undefined || expiresAt !== undefined)
      requireHeld(policy, principal.rights, record.roles);
    if (roles !== undefined) {
      requireRoles(policy, principal.rights, roles);
      for (const role of policy.rolesOf(record.roles))
        if (!roles.includes(role.name)) requireLoosening(principal.rights, role, undefined);
    }
    if (expiresAt !== undefined) this.#requireFuture(expiresAt);
    const { disabled: wasDisabled = false, ...kept } = record;
    const changed: TokenRecord = {
      ...kept,
      ...((disabled ?? wasDisabled) ? { disabled: true } : {}),
      ...(roles === undefined ? {} : { roles }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(note === undefined ? {} : { note }),
    };
    if (disabled === true) requireOther(principal, record);
    const others = this.#isAdmin(changed) ? [] : this.#requireAnotherAdmin(record);
    return this.#writer.write(principal, [recordPut(changed)], [condition, ...others]);
  }

  async remove(principal: Principal, id: string): Promise<number> {
    const { record, condition } = this.#existing(id);
    requireOther(principal, record);
    const others = this.#requireAnotherAdmin(record);
    const paths = [`${TOKENS}/${record.id}`, `${NAMES}/${record.name}`, `${USED}/${record.id}`];
    const operations = paths.map((path) => ({ type: 'delete', path }) as const);
    return this.#writer.write(principal, operations, [condition, ...others]);
  }

  #infoOf({ hash: _, oldHash: __, ...record }: TokenRecord): TokenInfo {
    const { roles, ...rest } = record;
    const lastUsed = this.#writer.policy.lastUsed.get(record.id);
    return { ...rest, roles: [...roles], ...(lastUsed === undefined ? {} : { lastUsed }) };
  }

  /** By its id or its name. */
  #existing(id: string): { readonly record: TokenRecord; readonly condition: Condition } {
    const { policy } = this.#writer;
    const record = policy.tokens.get(id) ?? policy.tokenNamed(id);
    if (record === undefined)
      throw new ProtocolError('invalid_value', `there is no token with the id or the name ${id}`);
    return { record, condition: this.#writer.unchanged(`${TOKENS}/${record.id}`) };
  }

  #isAdmin(record: TokenRecord): boolean {
    return this.#writer.policy.isAdmin(record, this.#clock.now());
  }

  /** What holds as long as there is one: of two who end each other at once, the second is refused. */
  #requireAnotherAdmin(record: TokenRecord): Condition[] {
    if (!this.#isAdmin(record)) return [];
    const other = this.#writer.policy.anAdmin(this.#clock.now(), record.id);
    if (other !== undefined)
      return this.#writer.unchangedRights({ tokenId: other.id, roles: other.roles });
    throw new ProtocolError(
      'forbidden',
      `${record.name} is the last token that may say who may do what; make another one first`,
    );
  }

  #requireFuture(expiresAt: number | null): void {
    if (expiresAt !== null && expiresAt <= this.#clock.now())
      throw new ProtocolError('invalid_value', 'a token expires in the future');
  }

  /** What goes along with the first admin. Throws where there is one. */
  #first(record: TokenRecord): Along {
    if (this.#writer.policy.hasAdmin(this.#clock.now())) throw wasUsed();
    if (!this.#isAdmin(record))
      throw new ProtocolError('forbidden', 'the first token is one of an admin: --role admin');
    const conditions = [this.#writer.unchanged(FIRST)];
    return { operations: [put(FIRST, record.id)], conditions };
  }

  async #writeNew(author: Author, record: TokenRecord, first: Along): Promise<number> {
    const { id, name } = record;
    const operations = [recordPut(record), put(`${NAMES}/${name}`, id), ...first.operations];
    const isFree = { path: `${NAMES}/${name}`, modRevision: 0 };
    try {
      return await this.#writer.write(author, operations, [isFree, ...first.conditions]);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'conflict') throw error;
      if (error.details.path === FIRST) throw wasUsed();
      if (error.details.path !== isFree.path) throw error;
      throw new ProtocolError('conflict', `there is a token of the name ${name} already`);
    }
  }
}

interface Along {
  readonly operations: readonly Operation[];
  readonly conditions: readonly Condition[];
}

const NOTHING: Along = { operations: [], conditions: [] };

function recordPut(record: TokenRecord): Operation {
  return put(`${TOKENS}/${record.id}`, tokenRecordText(record));
}

/** Its connections end at once, so that who did it could not even be told that it was done. */
function requireOther({ tokenId }: Principal, { id, name }: TokenRecord): void {
  if (id === tokenId)
    throw new ProtocolError(
      'forbidden',
      `${name} is the token that you use; use another one to end it`,
    );
}

function wasUsed(): ProtocolError {
  return new ProtocolError('forbidden', 'the bootstrap token was used: there is an admin');
}

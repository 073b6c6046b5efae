import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ProtocolError } from '@confer/shared';
import { ALL_RIGHTS } from './auth/rights.ts';
import { newToken, tokenText } from './auth/token.ts';
import { Core } from './core.ts';
import { openEngine } from './engines.ts';
import { StartError } from './errors.ts';
import { UNMEASURED } from './measures.ts';
import { systemRuntime } from './runtime.ts';

/** A new token of an admin, in a store that nobody serves. */
export interface RecoveredToken {
  readonly token: string;
  readonly id: string;
  /** From which it holds. */
  readonly revision: number;
}

/** A token as text, which no store knows yet: for the file of `bootstrapTokenFile`. */
export function newTokenText(): string {
  return tokenText(newToken(systemRuntime.newSecret));
}

/** As it shows in `createdBy`, and in the history. */
const RECOVERY = 'confer-token-recover';
/** Nothing of the history goes only because somebody was locked out. */
const KEEP_ALL = {
  ageMs: Number.MAX_SAFE_INTEGER,
  commits: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
};

/**
 * Writes a token of the role admin into the data directory of a server that is stopped: for who is locked out. Whoever
 * may write to the directory could do anything with it before. Rejects with a `StartError` where a server has it, or
 * where there is none.
 */
export async function recoverAdmin(
  directory: string,
  { name, expiresAt }: { readonly name: string; readonly expiresAt: number | null },
): Promise<RecoveredToken> {
  if (!existsSync(join(directory, 'data.mdb')))
    throw new StartError('storage', `${directory} has no data.mdb, so there is no store in it`);
  const options = { engine: 'lmdb', dataDirectory: directory } as const;
  const core = new Core({
    engine: await openEngine(options, {
      retention: KEEP_ALL,
      log: () => {},
      measures: UNMEASURED,
    }),
    runtime: systemRuntime,
    log: () => {},
    auth: { bootstrap: () => undefined },
  });
  try {
    if (core.administration === undefined) throw new Error('a core with rights has them');
    const { revision, token, info } = await core.administration.tokens.create(
      { name: RECOVERY, kind: 'anyone', roles: [], rights: ALL_RIGHTS },
      { type: 'createToken', id: 0, name, roles: ['admin'], expiresAt, note: 'recovered offline' },
    );
    return { revision, token, id: info.id };
  } catch (error) {
    if (error instanceof ProtocolError) throw new StartError('invalid', error.message, error);
    throw error;
  } finally {
    await core.stop();
  }
}

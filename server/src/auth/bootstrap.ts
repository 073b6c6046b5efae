import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isOpenSecret, ProtocolError } from '@confer/shared';
import { StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Administration } from './auth.ts';
import { hashOf } from './hash.ts';
import { type NewSecret, newToken, parseToken, type Token, tokenText } from './token.ts';
import type { BootstrapSecret } from './token-authority.ts';

/** How long the token in the file is good. */
const VALID_MS = 60 * 60 * 1_000;
/** In the data directory. */
export const BOOTSTRAP_TOKEN_FILE = 'bootstrap-token';

export interface BootstrapOptions {
  /** Where a one-time token may be left for the one who runs the server; no store here, no file. */
  readonly directory: string | undefined;
  /** A token of the operator's own, which becomes the first admin's. */
  readonly tokenFile: string | undefined;
  readonly clock: Clock;
  readonly newSecret: NewSecret;
  readonly log: Log;
}

/** How the first admin of a store comes to be: by a token in a file that only its owner can read. */
export class Bootstrap {
  readonly #options: BootstrapOptions;
  #made: BootstrapSecret | undefined;
  #administration: Administration | undefined;

  constructor(options: BootstrapOptions) {
    this.#options = options;
  }

  /** The secret that makes the first admin; `undefined` where there is one, or its hour is over. */
  get secret(): BootstrapSecret | undefined {
    const now = this.#options.clock.now();
    if (this.#made === undefined || this.#made.expiresAt <= now) return undefined;
    if (this.#administration?.policy.current.hasAdmin(now) === true) {
      this.#made = undefined;
      void this.#removeFile();
      return undefined;
    }
    return this.#made;
  }

  /** Makes sure that there is an admin, or a way to become one. Throws a `StartError` where there is none. */
  async prepare(administration: Administration): Promise<void> {
    const { directory, tokenFile, clock, log } = this.#options;
    this.#administration = administration;
    const own = tokenFile === undefined ? undefined : await readTokenFile(tokenFile);
    if (administration.policy.current.hasAdmin(clock.now())) {
      await this.#removeFile();
      return;
    }
    if (own !== undefined) {
      await administration.tokens.adopt(own).catch((error: unknown) => {
        if (!(error instanceof ProtocolError)) throw error;
        const why = `--bootstrap-token-file ${tokenFile}: ${error.message}`;
        throw new StartError('refused', why, error);
      });
      log('warn', `there was no admin: the token of ${tokenFile} is one now`);
    } else if (directory === undefined)
      throw new StartError(
        'refused',
        'nobody may say who may do what: make a token with `confer token generate`, and name its file with --bootstrap-token-file',
      );
    else await this.#leaveToken(directory);
  }

  async #leaveToken(directory: string): Promise<void> {
    const { clock, log, newSecret } = this.#options;
    const token = newToken(newSecret);
    const file = join(directory, BOOTSTRAP_TOKEN_FILE);
    await this.#removeFile();
    try {
      await writeFile(file, `${tokenText(token)}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartError('storage', `the bootstrap token cannot be left: ${reason}`, error);
    }
    const { id, secret } = token;
    this.#made = { id, hash: hashOf(secret), expiresAt: clock.now() + VALID_MS };
    log('warn', `there is no admin yet: for an hour, the token in ${file} makes the first one`);
  }

  async #removeFile(): Promise<void> {
    const { directory, log } = this.#options;
    if (directory === undefined) return;
    await rm(join(directory, BOOTSTRAP_TOKEN_FILE), { force: true }).catch((error: unknown) => {
      log('warn', `the bootstrap token, which is of no use any more, cannot be removed: ${error}`);
    });
  }
}

/** Reads a token that somebody keeps in a file. Throws a `StartError` that says what is wrong with it. */
export async function readTokenFile(file: string): Promise<Token> {
  let text: string;
  try {
    if (isOpenSecret(await stat(file))) throw new Error(`others can read it: chmod 600 ${file}`);
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError('invalid', `--bootstrap-token-file ${file}: ${reason}`, error);
  }
  const token = parseToken(text);
  if (token === undefined)
    throw new StartError(
      'invalid',
      `--bootstrap-token-file ${file}: it holds no whole token; confer token generate makes one`,
    );
  return token;
}

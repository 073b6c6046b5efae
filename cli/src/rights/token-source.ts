import { readFile, stat } from 'node:fs/promises';
import { isOpenSecret, limits } from '@confer/shared';
import type { Context } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';

/** What gives the token, whenever a client asks for it. */
export type TokenSource = () => Promise<string>;

const TOO_LONG = `has over ${limits.tokenLengthMax} characters, which no token has`;

/**
 * Where the token of a command comes from: a file, or CONFER_TOKEN. It is never on the command line, which everybody
 * on the machine can read. The file is read again before each further attempt to connect, as another token may have
 * been put there; what is wrong with it at first is said at once.
 */
export async function tokenSourceOf({
  terminal,
  settings: { tokenFile },
}: Context): Promise<TokenSource | undefined> {
  const { CONFER_TOKEN: token } = terminal.env;
  if (tokenFile !== undefined) {
    let first: string | undefined = await readTokenFile(tokenFile);
    return async () => {
      const text = first ?? (await readTokenFile(tokenFile));
      first = undefined;
      return text;
    };
  }
  if (token === undefined) return undefined;
  const text = token.trim();
  if (text === '')
    throw usageError(
      'CONFER_TOKEN is empty',
      'set it to a token, or unset it to connect without one; --token-file names a file instead',
    );
  if (text.length > limits.tokenLengthMax) throw usageError(`CONFER_TOKEN ${TOO_LONG}`);
  return async () => text;
}

async function readTokenFile(file: string): Promise<string> {
  let isOpen: boolean;
  let text: string;
  try {
    isOpen = isOpenSecret(await stat(file));
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(`${file} cannot be read: ${reason}`);
  }
  if (isOpen)
    throw unusable(`${file} can be read by others, so its token is not used`, `chmod 600 ${file}`);
  if (text === '') throw unusable(`${file} is empty, and should hold a token`);
  if (text.length > limits.tokenLengthMax) throw unusable(`${file} ${TOO_LONG}`);
  return text;
}

function unusable(problem: string, hint?: string): Failure {
  return new Failure(exitCodes.invalid, 'token_file', `--token-file: ${problem}`, hint);
}

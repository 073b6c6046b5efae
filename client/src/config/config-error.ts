import { ConferError } from '../errors.ts';

/** What is wrong with one value. */
export interface ConfigIssue {
  /** The key: `pool.max`. Empty for the whole. */
  readonly key: string;
  /** The path of the entry that the value came from, where one did. */
  readonly path: string | undefined;
  /** What the schema says, which names what was expected. */
  readonly message: string;
  /** What was there, as the entry has it; `undefined` where nothing was. */
  readonly value: string | undefined;
}

/** A state that the schema refused; the last good object stays. */
export class ConfigError extends ConferError {
  override readonly name = 'ConfigError';
  /** Of the state. */
  readonly revision: number | undefined;
  /** It is what the server has, and not what there was in its place. */
  readonly isOfServer: boolean;
  readonly issues: readonly ConfigIssue[];

  constructor(
    path: string,
    { source, revision }: { readonly source: string; readonly revision: number | undefined },
    issues: readonly ConfigIssue[],
  ) {
    const lines = issues.map(({ key, message, path: at, value }) => {
      const where = at === undefined ? '' : ` (${at} is ${JSON.stringify(value)})`;
      return `\n  ${oneLine(`${key === '' ? 'all of it' : key}: ${message}${where}`)}`;
    });
    const of = source === 'server' ? path : `the ${source} of ${path}`;
    const what = revision === undefined ? of : `${of} at revision ${revision}`;
    super('rejected', `the schema refuses ${what}:${lines.join('')}`, { path });
    this.revision = revision;
    this.isOfServer = source === 'server';
    this.issues = issues;
  }
}

/** Whatever is in it: keys and values are written by others, and messages end up in terminals and logs. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

import { type Grant, type Verb, verbs } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import { usageError } from '../failure.ts';

/** All verbs in one word. */
const ALL = 'all';

/** A grant as a person gives it: `read,write:/shop`, or `all:/shop`. */
export function grantArgument(text: string, option: string): Grant {
  const [, words = '', path] = /^([^:/]+):(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw usageError(
      `${option} ${JSON.stringify(text)}: a grant is VERB[,VERB]:/SUBTREE, such as read,write:/shop`,
    );
  const named = words === ALL ? [...verbs] : words.split(',').map((word) => verbArgument(word));
  return { verbs: [...new Set(named)], on: subtreeArgument(path) };
}

export function verbArgument(text: string): Verb {
  const verb = verbs.find((known) => known === text);
  if (verb !== undefined) return verb;
  throw usageError(`${JSON.stringify(text)} is no verb; the verbs are ${verbs.join(', ')}`);
}

/** As `grantArgument` reads it. */
export function grantText({ verbs: words, on }: Grant): string {
  const isAll = verbs.every((verb) => words.includes(verb));
  return `${isAll ? ALL : words.join(',')}:${on}`;
}

/** What a role, or several together, allow and deny, as rows of a table. */
export function grantRows(
  { allow, deny }: { readonly allow: readonly Grant[]; readonly deny: readonly Grant[] },
  before = '',
): string[][] {
  const rows = (label: string, grants: readonly Grant[]) =>
    grants.map((grant) => [before + label, grantText(grant)]);
  return [...rows('allow', allow), ...rows('deny', deny)];
}

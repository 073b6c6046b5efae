import { messageOf } from '../make-error.ts';
import type { StandardIssue, StandardResult, StandardSchema } from './api.ts';
import { type ConfigIssue, oneLine } from './config-error.ts';
import { assembled, collisionOf, entryOf, type Layer } from './sources.ts';

/** What a schema makes of a state. */
export type Verdict<Value> =
  | { readonly kind: 'good'; readonly value: Value }
  | { readonly kind: 'rejected'; readonly issues: readonly ConfigIssue[] };

/** More are not listed. */
const ISSUES_MAX = 100;

/**
 * Assembles a state and has it judged; `keep` takes what the schema makes of it. A schema that throws, and one that
 * makes or answers what is none of Standard Schema, has rejected it; one that promises is waited for. Never fails.
 */
export function judge<Value>(
  schema: StandardSchema<unknown, Value>,
  layersNow: () => readonly Layer[],
  keep: (value: Value) => Value,
): Verdict<Value> | Promise<Verdict<Value>> {
  let layers: readonly Layer[] = [];
  const verdictOf = (result: StandardResult<Value>): Verdict<Value> => {
    if (result.issues === undefined && 'value' in result)
      return { kind: 'good', value: keep(result.value) };
    if (!Array.isArray(result.issues)) throw new Error('it answers neither a value nor issues');
    return { kind: 'rejected', issues: issuesOf(result.issues, layers) };
  };
  try {
    layers = layersNow();
    const result = schema['~standard'].validate(assembled(layers));
    if (!('then' in result)) return verdictOf(result);
    // Of whatever realm or library.
    return Promise.resolve(result).then(verdictOf).catch(thrown);
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): Verdict<never> {
  const message = collisionOf(error) ?? messageText(`the schema fails: ${messageOf(error)}`);
  return { kind: 'rejected', issues: [{ key: '', path: undefined, message, value: undefined }] };
}

function issuesOf(
  found: readonly StandardIssue[],
  layers: readonly Layer[],
): readonly ConfigIssue[] {
  const issues = found.slice(0, ISSUES_MAX).map((issue) => issueOf(issue, layers));
  return Object.freeze(issues);
}

function issueOf({ message, path = [] }: StandardIssue, layers: readonly Layer[]): ConfigIssue {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
  const entry = entryOf(layers, keys);
  return Object.freeze({
    key: keys.join('.'),
    path: entry?.path,
    message: messageText(message),
    value: entry?.value.slice(0, VALUE_LENGTH_MAX),
  });
}

const VALUE_LENGTH_MAX = 200;
const MESSAGE_LENGTH_MAX = 500;

function messageText(message: string): string {
  return oneLine(String(message)).slice(0, MESSAGE_LENGTH_MAX);
}

/** `pool.max: expected number (and 2 more)`. What the schema says may name the value. */
export function reasonOf(issues: readonly ConfigIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'the schema says nothing of why';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${first.key === '' ? '' : `${first.key}: `}${first.message}${more}`;
}

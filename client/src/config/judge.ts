import { messageOf } from '../make-error.ts';
import type { StandardIssue, StandardResult, StandardSchema } from './api.ts';
import type { ConfigIssue } from './config-error.ts';
import { assembled, collisionOf, entryOf, type Layer } from './sources.ts';

/** What a schema makes of a state. */
export type Verdict<Value> =
  | { readonly kind: 'good'; readonly value: Value }
  | { readonly kind: 'rejected'; readonly issues: readonly ConfigIssue[] };

/** More are counted, not listed. */
const ISSUES_MAX = 100;

/** Assembles a state and has it judged. A schema that throws has rejected it; one that promises is waited for. */
export function judge<Value>(
  schema: StandardSchema<unknown, Value>,
  layersNow: () => readonly Layer[],
): Verdict<Value> | Promise<Verdict<Value>> {
  let layers: readonly Layer[] = [];
  try {
    layers = layersNow();
    const result = schema['~standard'].validate(assembled(layers));
    // Of whatever realm or library.
    if (!('then' in result)) return verdictOf(result, layers);
    return result.then(
      (settled) => verdictOf(settled, layers),
      (error: unknown) => thrown(error),
    );
  } catch (error) {
    return thrown(error);
  }
}

function thrown<Value>(error: unknown): Verdict<Value> {
  const message = collisionOf(error) ?? `the schema threw: ${messageOf(error)}`;
  return { kind: 'rejected', issues: [{ key: '', path: undefined, message, value: undefined }] };
}

function verdictOf<Value>(result: StandardResult<Value>, layers: readonly Layer[]): Verdict<Value> {
  if (result.issues === undefined) return { kind: 'good', value: result.value };
  const issues = result.issues.slice(0, ISSUES_MAX).map((issue) => issueOf(issue, layers));
  return { kind: 'rejected', issues: Object.freeze(issues) };
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

/** One line of it. */
function messageText(message: string): string {
  return String(message).replace(/\s+/g, ' ').slice(0, MESSAGE_LENGTH_MAX);
}

/** `pool.max: expected number (and 2 more)`. What the schema says may name the value. */
export function reasonOf(issues: readonly ConfigIssue[]): string {
  const [first] = issues;
  if (first === undefined) return 'the schema says nothing of why';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${first.key === '' ? '' : `${first.key}: `}${first.message}${more}`;
}

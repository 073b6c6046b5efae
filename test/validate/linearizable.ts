import { unreachable } from '@confer/shared';

/** One operation on one register, as its caller saw it. Values are unique; `null` is no value. */
export interface RegisterOperation {
  readonly called: number;
  /** Infinity while no answer is known. */
  readonly returned: number;
  /** It may also never have happened: a write whose answer was lost. */
  readonly isOptional: boolean;
  readonly effect:
    | { readonly kind: 'read'; readonly value: string | null }
    | { readonly kind: 'write'; readonly value: string | null }
    | { readonly kind: 'swap'; readonly expected: string | null; readonly value: string | null }
    /** A conditional write that was refused because the register did not hold `expected`. */
    | { readonly kind: 'refused'; readonly expected: string | null }
    | { readonly kind: 'nothing' };
}

/** States looked at before a history is given up as undecided; real ones need a few hundred. */
const STATES_MAX = 50_000;

interface Search {
  readonly operations: readonly RegisterOperation[];
  readonly isDone: boolean[];
  readonly seen: Set<string>;
}

/**
 * Whether there is an order of the operations, each at a moment between its call and its return, in
 * which a single register would have given these answers (Wing and Gong, with the states that were
 * tried in vain kept). S2.
 */
export function isLinearizable(operations: readonly RegisterOperation[]): boolean {
  const sorted = withoutUseless(operations).sort((a, b) => a.called - b.called);
  return search({ operations: sorted, isDone: sorted.map(() => false), seen: new Set() }, null);
}

/** A write that perhaps was made, of what nobody saw, can only have made a refusal right. */
function withoutUseless(operations: readonly RegisterOperation[]): RegisterOperation[] {
  const effects = operations.map(({ effect }) => effect);
  const hasRefusal = effects.some(({ kind }) => kind === 'refused');
  const seen = new Set(
    effects.flatMap((effect) =>
      effect.kind === 'read' ? effect.value : 'expected' in effect ? effect.expected : [],
    ),
  );
  return operations.filter(
    ({ isOptional, effect }) =>
      !isOptional || hasRefusal || !('value' in effect) || seen.has(effect.value),
  );
}

function search(state: Search, value: string | null): boolean {
  const { operations, isDone, seen } = state;
  const required = operations.filter(({ isOptional }, i) => !isOptional && isDone[i] !== true);
  if (required.length === 0) return true;
  const key = `${isDone.map(Number).join('')} ${value}`;
  if (seen.has(key)) return false;
  seen.add(key);
  if (seen.size > STATES_MAX) return true;
  const begun = Math.max(...operations.map(({ called }, i) => (isDone[i] === true ? called : 0)));
  // What returned before another was called comes before it.
  const end = Math.min(...required.map(({ returned }) => returned));
  for (const [i, operation] of operations.entries()) {
    if (operation.called > end) return false;
    if (isDone[i] === true || operation.returned < begun) continue;
    const next = apply(operation, value);
    if (next === 'impossible') continue;
    isDone[i] = true;
    if (search(state, next.value)) return true;
    isDone[i] = false;
  }
  return false;
}

function apply(
  { effect }: RegisterOperation,
  value: string | null,
): { readonly value: string | null } | 'impossible' {
  switch (effect.kind) {
    case 'read':
      return effect.value === value ? { value } : 'impossible';
    case 'write':
      return { value: effect.value };
    case 'swap':
      return effect.expected === value ? { value: effect.value } : 'impossible';
    case 'refused':
      return effect.expected === value ? 'impossible' : { value };
    case 'nothing':
      return { value };
    default:
      return unreachable(effect);
  }
}

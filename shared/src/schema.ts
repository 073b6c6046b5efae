/*
 * What a message must be, said once: the type that programs see is inferred from the schema that
 * frames are held against. Small, because every page with a client loads it, and without
 * `new Function`, which strict pages forbid.
 */

import { hasLoneSurrogate } from './utf8.ts';

export interface Schema<Output> {
  readonly type: string;
  /** Whether `value` is an `Output`, unknown fields aside; if not, `problem` says why. */
  accepts(value: unknown, problem: Problem): value is Output;
  /** A copy without the fields that no schema names; absent where there can be none. */
  readonly tidy?: ((value: unknown) => unknown) | undefined;
}

/** What was wrong first, and the way to it from the outside. */
export interface Problem {
  readonly path: (string | number)[];
  text: string;
  /** Set when there was a field that no schema names: peers of a later version may send some. */
  hasUnknown: boolean;
}

/**
 * `value` as the schema says it, without unknown fields; `undefined` when it is none, and `problem`
 * says why. What has no unknown fields is not copied, as is the rule: that would cost as much as all
 * the rest. Deleting them in place would leave objects of four times the size.
 */
export function take<Output>(
  schema: Schema<Output>,
  value: unknown,
  problem: Problem,
): Output | undefined {
  if (!schema.accepts(value, problem)) return undefined;
  if (!problem.hasUnknown) return value;
  const tidy = tidied(schema, value);
  return schema.accepts(tidy, problem) ? tidy : undefined;
}

export type InferOutput<Some> = Some extends Schema<infer Output> ? Output : never;

interface Primitives {
  string: string;
  number: number;
  boolean: boolean;
}

function primitive<Type extends keyof Primitives>(type: Type): Schema<Primitives[Type]> {
  return {
    type,
    accepts: (value, problem): value is Primitives[Type] =>
      typeof value === type || refuse(problem, type, value),
  };
}

export const string = () => primitive('string');
export const number = () => primitive('number');
export const boolean = () => primitive('boolean');

/** What is looked at only by who needs it. */
export const anything = (): Schema<unknown> => ({
  type: 'anything',
  accepts: (value): value is unknown => value !== undefined,
});

export interface Literal<Value> extends Schema<Value> {
  readonly literal: Value;
}

export function literal<const Value extends string>(literal: Value): Literal<Value> {
  return {
    type: 'literal',
    literal,
    accepts: (value, problem): value is Value =>
      value === literal || refuse(problem, shown(literal), value),
  };
}

export function picklist<const Value extends string>(
  options: readonly Value[],
): Schema<Value> & { readonly options: readonly Value[] } {
  const known = new Set<unknown>(options);
  return {
    type: 'picklist',
    options,
    accepts: (value: unknown, problem: Problem): value is Value =>
      known.has(value) || refuse(problem, anyOf(known), value),
  };
}

export function nullable<Output>(wrapped: Schema<Output>) {
  return {
    type: 'nullable',
    wrapped,
    tidy: wrapped.tidy,
    accepts: (value: unknown, problem: Problem): value is Output | null =>
      value === null || wrapped.accepts(value, problem),
  };
}

export function array<Output>(item: Schema<Output>) {
  return {
    type: 'array',
    item,
    accepts(value: unknown, problem: Problem): value is Output[] {
      if (!Array.isArray(value)) return refuse(problem, 'array', value);
      for (let i = 0; i < value.length; i++)
        if (!item.accepts(value[i], problem)) return at(i, problem);
      return true;
    },
    tidy: (value: unknown) =>
      Array.isArray(value) ? value.map((each) => tidied(item, each)) : value,
  };
}

export function record<Output>(key: Schema<string>, value: Schema<Output>) {
  return {
    type: 'record',
    key,
    value,
    accepts(fields: unknown, problem: Problem): fields is Record<string, Output> {
      if (!isObject(fields)) return refuse(problem, 'object', fields);
      for (const name of Object.keys(fields))
        if (name === '__proto__') problem.hasUnknown = true;
        else if (!key.accepts(name, problem) || !value.accepts(fields[name], problem))
          return at(name, problem);
      return true;
    },
    /** Without `__proto__` too: who copies the fields one by one would set a prototype with it. */
    tidy: (fields: unknown) =>
      isObject(fields)
        ? Object.fromEntries(
            Object.entries(fields)
              .filter(([name]) => name !== '__proto__')
              .map(([name, each]) => [name, tidied(value, each)]),
          )
        : fields,
  };
}

/** A field that may be absent. JSON has no `undefined`, so one that is there holds its type. */
export interface ExactOptional<Output> extends Schema<Output> {
  readonly type: 'exact_optional';
  readonly wrapped: Schema<Output>;
}

export function exactOptional<Output>(wrapped: Schema<Output>): ExactOptional<Output> {
  return {
    type: 'exact_optional',
    wrapped,
    tidy: wrapped.tidy,
    accepts: (value, problem): value is Output => wrapped.accepts(value, problem),
  };
}

type Fields = Readonly<Record<string, Schema<unknown>>>;

type OptionalKey<Entries> = {
  [Key in keyof Entries]: Entries[Key] extends ExactOptional<unknown> ? Key : never;
}[keyof Entries];

type Fused<Parts> = { [Key in keyof Parts]: Parts[Key] };

export type ObjectOutput<Entries> = Fused<
  { [Key in Exclude<keyof Entries, OptionalKey<Entries>>]: InferOutput<Entries[Key]> } & {
    [Key in OptionalKey<Entries>]?: InferOutput<Entries[Key]>;
  }
>;

export function object<Entries extends Fields>(entries: Entries) {
  const fields = Object.entries(entries);
  return {
    type: 'object',
    entries,
    accepts(value: unknown, problem: Problem): value is ObjectOutput<Entries> {
      if (!isObject(value)) return refuse(problem, 'object', value);
      let known = 0;
      for (const [key, field] of fields) {
        const item = value[key];
        if (item === undefined && field.type === 'exact_optional') continue;
        if (!field.accepts(item, problem)) return at(key, problem);
        known++;
      }
      if (Object.keys(value).length > known) problem.hasUnknown = true;
      return true;
    },
    tidy(value: unknown) {
      const kept: Record<string, unknown> = {};
      if (isObject(value))
        for (const [key, field] of fields)
          if (value[key] !== undefined) kept[key] = tidied(field, value[key]);
      return kept;
    },
  };
}

export interface Tagged extends Schema<unknown> {
  readonly entries: { readonly type: Literal<string> };
}

/** One of several objects, told apart by the literal in their field `key`. */
export function variant<const Options extends readonly Tagged[]>(key: 'type', options: Options) {
  const byTag: ReadonlyMap<unknown, Tagged> = new Map(
    options.map((each) => [each.entries[key].literal, each]),
  );
  return {
    type: 'variant',
    key,
    options,
    byTag,
    accepts(value: unknown, problem: Problem): value is InferOutput<Options[number]> {
      if (!isObject(value)) return refuse(problem, 'object', value);
      const option = byTag.get(value[key]);
      if (option !== undefined) return option.accepts(value, problem);
      refuse(problem, anyOf(byTag.keys()), value[key]);
      return at(key, problem);
    },
    tidy: (value: unknown) => (isObject(value) ? byTag.get(value[key])?.tidy?.(value) : value),
  };
}

/** What else must hold of a value that is of the right type. */
export interface Rule<Value> {
  readonly type: string;
  readonly requirement?: number;
  holds(value: Value): boolean;
}

export function pipe<Output>(schema: Schema<Output>, ...rules: Rule<NoInfer<Output>>[]) {
  return {
    type: schema.type,
    pipe: [schema, ...rules],
    tidy: schema.tidy,
    accepts(value: unknown, problem: Problem): value is Output {
      if (!schema.accepts(value, problem)) return false;
      for (const rule of rules)
        if (!rule.holds(value))
          return refuse(problem, `${rule.type} ${rule.requirement ?? ''}`.trimEnd(), value);
      return true;
    },
  };
}

export const safeInteger = (): Rule<number> => ({
  type: 'safe_integer',
  holds: (value) => Number.isSafeInteger(value),
});

export const minValue = (requirement: number): Rule<number> => ({
  type: 'min_value',
  requirement,
  holds: (value) => value >= requirement,
});

export const minLength = (requirement: number): Rule<{ readonly length: number }> => ({
  type: 'min_length',
  requirement,
  holds: ({ length }) => length >= requirement,
});

export const maxLength = (requirement: number): Rule<{ readonly length: number }> => ({
  type: 'max_length',
  requirement,
  holds: ({ length }) => length <= requirement,
});

export const maxEntries = (requirement: number): Rule<object> => ({
  type: 'max_entries',
  requirement,
  holds: (value) => Object.keys(value).length <= requirement,
});

/** Half a surrogate pair is no text: UTF-8 cannot carry it, and what keeps it may take two for one. */
export const wellFormed = (): Rule<string> => ({
  type: 'well_formed',
  holds: (value) => !hasLoneSurrogate(value),
});

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tidied(schema: Schema<unknown>, value: unknown): unknown {
  return value === null ? value : (schema.tidy?.(value) ?? value);
}

function refuse(problem: Problem, expected: string, value: unknown): false {
  problem.text = `expected ${expected}, got ${shown(value)}`;
  return false;
}

function at(key: string | number, problem: Problem): false {
  problem.path.unshift(key);
  return false;
}

function anyOf(values: Iterable<unknown>): string {
  return Array.from(values, shown).join(' or ');
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'array';
  return isObject(value) ? 'object' : JSON.stringify(value);
}

import { isObject, type ObjectOutput, object, type Problem, type Schema } from './schema.ts';

type Fields = Readonly<Record<string, Schema<unknown>>>;

type OneOf<Common extends Fields, Choices extends Fields> = {
  [Name in keyof Choices]: ObjectOutput<Common & Pick<Choices, Name>>;
}[keyof Choices];

/** An object that has exactly one of several fields beside those that each has: the field says of what kind it is. */
export function oneOfFields<Common extends Fields, Choices extends Fields>(
  common: Common,
  choices: Choices,
) {
  // With a type of its own, as the compiler would put `[name]` into a declaration, which means nothing there.
  const withOne = (name: string, field: Schema<unknown>): Fields => ({ ...common, [name]: field });
  const byName = new Map(
    Object.entries(choices).map(([name, field]) => [name, object(withOne(name, field))]),
  );
  const names = [...byName.keys()];
  const kindOf = (value: Record<string, unknown>) => {
    const [name, other] = names.filter((each) => value[each] !== undefined);
    return other === undefined && name !== undefined ? byName.get(name) : undefined;
  };
  return {
    type: 'one_of_fields',
    options: [...byName.values()],
    accepts(value: unknown, problem: Problem): value is OneOf<Common, Choices> {
      if (!isObject(value)) {
        problem.text = 'expected object';
        return false;
      }
      const kind = kindOf(value);
      if (kind !== undefined) return kind.accepts(value, problem);
      problem.text = `expected exactly one of ${names.join(', ')}`;
      return false;
    },
    tidy: (value: unknown) => (isObject(value) ? kindOf(value)?.tidy(value) : value),
  };
}

/** A field of a file that somebody wrote by hand, and what is wrong with it. */
export class InvalidField extends Error {
  override readonly name = 'InvalidField';

  constructor(field: string, problem: string) {
    super(field === '' ? `the file ${problem}` : `${field} ${problem}`);
  }
}

/** The fields of an object, of which none is there that is not known. A missing one can be asked for. */
export interface Fields {
  get(name: string): Field;
}

/** A value with its place in a file, so that what is wrong with it can be said with its name. */
export class Field {
  readonly #place: string;
  readonly value: unknown;

  constructor(place: string, value: unknown) {
    this.#place = place;
    this.value = value;
  }

  get isMissing(): boolean {
    return this.value === undefined;
  }

  get isText(): boolean {
    return typeof this.value === 'string';
  }

  invalid(problem: string): InvalidField {
    return new InvalidField(this.#place, problem);
  }

  text(): string {
    if (typeof this.value !== 'string' || this.value === '')
      throw this.invalid(this.isMissing ? 'is missing' : 'is a text, not empty');
    return this.value;
  }

  optionalText(): string | undefined {
    return this.isMissing ? undefined : this.text();
  }

  count(max: number, what: string): number {
    const { value } = this;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max)
      return value;
    throw this.invalid(`is a whole number of ${what}, at most ${max}`);
  }

  list(): Field[] {
    const { value } = this;
    if (!Array.isArray(value)) throw this.invalid(this.isMissing ? 'is missing' : 'is a list');
    return value.map((one: unknown, i) => new Field(`${this.#place}[${i}]`, one));
  }

  optionalList(): Field[] {
    return this.isMissing ? [] : this.list();
  }

  members(): [name: string, member: Field][] {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.invalid(this.isMissing ? 'is missing' : 'is an object');
    const place = this.#place === '' ? '' : `${this.#place}.`;
    return Object.entries(value).map(([name, one]) => [name, new Field(place + name, one)]);
  }

  object(known: readonly string[]): Fields {
    const members = new Map(this.members());
    for (const [name, member] of members)
      if (!known.includes(name))
        throw member.invalid(`is not known here; there are ${known.join(', ')}`);
    const place = this.#place === '' ? '' : `${this.#place}.`;
    return { get: (name) => members.get(name) ?? new Field(place + name, undefined) };
  }
}

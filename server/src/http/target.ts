import { checkSubtree, ProtocolError } from '@confer/shared';

/**
 * The path of Confer that the rest of an address stands for, decoded once: `%252f` is the segment `%2f`, which is how
 * keys with a slash are stored. A slash that is encoded would be one to some proxies and none to others, as would a
 * backslash, so neither is let in; what is left has to be a path, and is judged only in its decoded form.
 */
export function pathOfTarget(encoded: string): string {
  // safeguard: encoded-slash-is-none
  if (/%2f/i.test(encoded))
    throw invalidPath('a slash inside of a segment is written as %252F: no segment holds one');
  // safeguard: address-is-printable-ascii
  if (/[^\x21-\x7e]|[\\#]/.test(encoded))
    throw invalidPath(
      'whatever is no printable ASCII, "\\" and "#" are percent-encoded in an address',
    );
  const path = decoded(encoded);
  if (path === undefined) throw invalidPath('an address is UTF-8, percent-encoded: % is %25');
  // safeguard: path-of-an-address-is-one
  checkSubtree(path);
  return path;
}

function invalidPath(message: string): ProtocolError {
  return new ProtocolError('invalid_path', message);
}

/** UTF-8 that was percent-encoded; nothing where it is none. */
function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    // Refuses bytes that are no UTF-8, overlong forms among them.
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Parameters after the question mark, of which a route names those that it knows. */
export class Query {
  readonly #values = new Map<string, string>();

  /** Throws `invalid_message` for what no route should guess at: unknown names, and those that come twice. */
  constructor(query: string, known: readonly string[]) {
    for (const part of query === '' ? [] : query.split('&')) {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
      const [key, text] = [ofForm(name), ofForm(value)];
      if (key === undefined || text === undefined)
        throw wrong('parameters are UTF-8, percent-encoded: % is %25');
      // safeguard: parameters-are-known
      if (!known.includes(key)) throw wrong(`there is no such parameter here; ${knownText(known)}`);
      if (this.#values.has(key)) throw wrong(`the parameter ${key} comes once`);
      this.#values.set(key, text);
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** A revision, or a number of something. */
  count(name: string): number | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
    throw wrong(`${name} is a whole number from 0`);
  }

  /** `?recursive` alone is `true`, too. */
  flag(name: string): boolean | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    if (text === '' || text === 'true') return true;
    if (text === 'false') return false;
    throw wrong(`${name} is true or false`);
  }
}

/** As forms write it: a plus is a space. */
function ofForm(text: string): string | undefined {
  return decoded(text.replaceAll('+', ' '));
}

function knownText(known: readonly string[]): string {
  return known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
}

function wrong(message: string): ProtocolError {
  return new ProtocolError('invalid_message', message);
}

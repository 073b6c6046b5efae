import type { Data } from '@confer/shared';
import {
  Composer,
  type CST,
  Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Pair,
  Parser,
  visit,
} from 'yaml';
import {
  duplicate,
  NESTING_MAX,
  type Parsed,
  type Place,
  SyntaxProblem,
  tooDeep,
} from './parsed.ts';

/** Bounds how far anchors multiply a document, well above what people write by hand. */
const ALIASES_MAX = 10_000;

/** Reads YAML 1.2. Several documents become a map with the keys `0`, `1`, ... */
export function parseYaml(text: string): Parsed {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const composer = new Composer({
    lineCounter: lines,
    merge: true,
    intAsBigInt: true,
    // The library compares each key of a map with every other one.
    uniqueKeys: false,
  });
  const tokens = shallow(new Parser(lines.addNewLine).parse(text), placeAt);
  // An empty text is one empty document too.
  const documents = [...composer.compose(tokens, true, text.length)];
  for (const document of documents) {
    for (const error of document.errors)
      throw new SyntaxProblem(error.message, placeAt(error.pos[0]));
    refuseDuplicates(document, placeAt);
  }

  const data = documents.map((document) => dataOfDocument(document, placeAt));
  return {
    data: data.length > 1 ? Object.fromEntries(data.entries()) : (data[0] ?? null),
    warnings: documents.flatMap(({ warnings }) =>
      warnings.map(({ message, pos }) => ({ problem: message, place: placeAt(pos[0]) })),
    ),
    locate(keys) {
      const [document, below] =
        documents.length > 1 ? [documents[Number(keys[0])], keys.slice(1)] : [documents[0], keys];
      return document === undefined ? undefined : placeAt(offsetOf(document, below));
    },
  };
}

/** Refuses what is nested too deep before it is composed, since composing recurses. */
function* shallow(
  tokens: Iterable<CST.Token>,
  placeAt: (offset: number) => Place,
): Generator<CST.Token> {
  for (const token of tokens) {
    const waiting = [{ token, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const depth = next.depth + 1;
      if (depth > NESTING_MAX) throw tooDeep(placeAt(next.token.offset));
      for (const child of childrenOf(next.token)) waiting.push({ token: child, depth });
    }
    yield token;
  }
}

function childrenOf(token: CST.Token): CST.Token[] {
  const children: (CST.Token | null | undefined)[] =
    'items' in token
      ? token.items.flatMap((item) => [item.key, item.value])
      : [token.type === 'document' ? token.value : undefined];
  return children.filter((child) => child !== null && child !== undefined);
}

function refuseDuplicates(document: Document.Parsed, placeAt: (offset: number) => Place): void {
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const item of map.items) {
        const key = isAlias(item.key) ? item.key.resolve(document) : item.key;
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) throw duplicate(name, placeAt(key.range?.[0] ?? 0));
        seen.add(name);
      }
    },
  });
}

/** Characters that YAML does not hold as they are, or that YAML 1.1 takes for line breaks. */
const UNPRINTABLE = /(?![\t\n\r])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, 'gu');
/** Spaces that a block would lose, or that nobody would see in one. */
const SPACE_AT_LINE_END = /[ \t]$/m;
const INDENTED_FIRST_LINE = /^\s*\n[ \t]/;

/** YAML for people and for readers of YAML 1.1, who take a bare `on` or `2026-01-01` for no text. */
export function formatYaml(data: unknown): string {
  const document = new Document(data, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return;
      // At the top, a block would not be indented, which YAML 1.1 asks for.
      const top = node === document.contents && node.value.includes('\n');
      if (top || needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 }).replace(UNPRINTABLE_ALL, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function needsQuotes(text: string): boolean {
  if (text === '=' || UNPRINTABLE.test(text)) return true;
  if (SPACE_AT_LINE_END.test(text) || INDENTED_FIRST_LINE.test(text)) return true;
  return text.includes('\t') && !text.includes('\n');
}

function dataOfDocument(document: Document.Parsed, placeAt: (offset: number) => Place): Data {
  const keys: string[] = [];
  // An anchor may hold itself.
  const around = new Set<unknown>();

  function visitValue(value: unknown): Data {
    if (value === null || value === undefined) return null;
    switch (typeof value) {
      case 'string':
      case 'number':
      case 'boolean':
        return value;
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    if (value instanceof Date)
      return value.toISOString().replace(/T00:00:00\.000Z$|\.000(?=Z$)/, '');
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (around.has(value)) fail('an anchor holds itself');
    around.add(value);
    const data = visitCollection(value);
    around.delete(value);
    return data;
  }

  function visitCollection(value: unknown): Data {
    if (value instanceof Map) return visitMap(value);
    if (Array.isArray(value) || value instanceof Set) return Array.from(value, visitValue);
    return fail('a value of an unknown kind');
  }

  function visitMap(map: ReadonlyMap<unknown, unknown>): Data {
    const items = new Map<string, Data>();
    for (const [key, value] of map) {
      if (typeof key === 'object')
        fail('a key of the map is neither text nor a number nor a boolean');
      const name = String(key);
      keys.push(name);
      if (items.has(name)) throw duplicate(name, placeAt(offsetOf(document, keys)));
      items.set(name, visitValue(value));
      keys.pop();
    }
    return Object.fromEntries(items);
  }

  function fail(problem: string): never {
    throw new SyntaxProblem(problem, placeAt(offsetOf(document, keys)));
  }

  try {
    return visitValue(document.toJS({ mapAsMap: true, maxAliasCount: ALIASES_MAX }));
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new SyntaxProblem(error.message, placeAt(offsetOfUnresolved(document)));
  }
}

/** Where an alias stands whose anchor there is not; the start where there is no such alias. */
function offsetOfUnresolved(document: Document.Parsed): number {
  let offset = offsetOf(document, []);
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0] ?? offset;
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where the key that `keys` lead to is written, or the last one on the way that can be found. */
function offsetOf(document: Document.Parsed, keys: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? document.range[0];
  for (const key of keys) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isMap(node)) break;
    const pair: Pair | undefined = node.items.find(
      (item) => isScalar(item.key) && String(item.key.value) === key,
    );
    if (pair === undefined) break;
    if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

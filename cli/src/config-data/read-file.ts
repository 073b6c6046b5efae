import { extname } from 'node:path';
import { parseJson } from './json.ts';
import { type Parsed, tooDeep } from './parsed.ts';
import { decodeText } from './text.ts';
import { parseToml } from './toml.ts';
import { parseYaml } from './yaml.ts';

export type Format = 'yaml' | 'json' | 'toml';

const parsers: Readonly<Record<Format, (text: string) => Parsed>> = {
  yaml: parseYaml,
  json: parseJson,
  toml: parseToml,
};

/** The format of a file by its name; `undefined` for files of other kinds. */
export function formatOf(file: string): Format | undefined {
  switch (extname(file).toLowerCase()) {
    case '.yaml':
    case '.yml':
      return 'yaml';
    case '.json':
      return 'json';
    case '.toml':
      return 'toml';
    default:
      return undefined;
  }
}

/** Reads the bytes of a file. Throws `SyntaxProblem` when they are not what the format asks for. */
export function parseBytes(bytes: Uint8Array, format: Format): Parsed {
  try {
    return parsers[format](decodeText(bytes));
  } catch (error) {
    // The stack ended before the nesting could be measured.
    if (error instanceof RangeError) throw tooDeep(undefined);
    throw error;
  }
}

import { open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Data } from '@confer/shared';
import { type Parsed, SyntaxProblem } from '../config-data/parsed.ts';
import { parseBytes } from '../config-data/read-file.ts';
import { nearest } from '../output/nearest.ts';
import { Layer, type Origin, originText } from './given.ts';
import type { Setting } from './setting.ts';
import { shown } from './shown.ts';
import { allSettings } from './table.ts';

/** Many times what all settings with all of their comments take. */
const FILE_BYTES_MAX = 1024 * 1024;
/** So that a file of another kind does not fill the screen with what it has that is no setting. */
const PROBLEMS_MAX = 50;

/** Reads a file of settings. What is wrong with it is among the problems of the layer, all of it at once. */
export async function fromFile(
  file: string,
  { isServing }: { readonly isServing: boolean },
): Promise<Layer> {
  const layer = new Layer(dirname(file));
  try {
    const parsed = parseBytes(await bytesOf(file, isServing), 'yaml');
    new Reader(layer, basename(file), parsed).read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const place = error instanceof SyntaxProblem ? error.place : undefined;
    const where = place === undefined ? file : `${basename(file)}:${place.line}:${place.column}`;
    // The parser shows the line as well, which may hold anything.
    layer.problems.push(`${where}: ${error.message.split('\n', 1)[0]}`);
  }
  return layer;
}

/** Whoever starts a server may hand it a pipe. One that is found later may have nobody who writes, and waits for ever. */
async function bytesOf(file: string, isServing: boolean): Promise<Uint8Array> {
  // safeguard: reload-waits-for-no-pipe
  if (isServing && (await stat(file)).isFIFO())
    throw new Error('it is a pipe: a server that runs reads its settings from a file');
  const handle = await open(file);
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    // A pipe has no size beforehand, and may have no end.
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      size += chunk.length;
      if (size > FILE_BYTES_MAX)
        throw new Error(`a file of settings has at most ${FILE_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

/** Goes through the maps of a file down to the settings. */
class Reader {
  readonly #layer: Layer;
  readonly #file: string;
  readonly #parsed: Parsed;

  constructor(layer: Layer, file: string, parsed: Parsed) {
    this.#layer = layer;
    this.#file = file;
    this.#parsed = parsed;
  }

  read(): void {
    const { data } = this.#parsed;
    for (const { problem, place } of this.#parsed.warnings)
      this.#layer.warnings.push(`${originText(this.#origin([], place))}: ${problem}`);
    // Nothing but comments.
    if (data === null) return;
    if (isMap(data)) this.#readMap(data, []);
    else this.#refuse([], 'a file of settings is a map, such as "listen: 127.0.0.1:7480"');
    const { problems } = this.#layer;
    const more = problems.length - PROBLEMS_MAX;
    if (more > 0) problems.splice(PROBLEMS_MAX, more, `${this.#file}: and ${more} more problems`);
  }

  #readMap(map: { readonly [key: string]: Data }, above: readonly string[]): void {
    for (const [key, data] of Object.entries(map)) {
      const keys = [...above, key];
      const name = keys.join('.');
      const setting = allSettings.find((one) => one.name === name);
      const group = allSettings.filter((one) => one.name.startsWith(`${name}.`));
      if (key.includes('.'))
        this.#refuse(keys, `${shown(key)} is no key: groups are maps of their own`);
      else if (setting !== undefined) this.#readValue(setting, data, keys);
      else if (group.length === 0) this.#refuseUnknown(keys);
      else if (isMap(data)) this.#readMap(data, keys);
      // A group of which all is commented out.
      else if (data !== null) this.#refuseGroup(keys, group);
    }
  }

  #readValue(setting: Setting<unknown>, data: Data, keys: readonly string[]): void {
    const { kind } = setting;
    const origin = this.#origin(keys);
    const all = Array.isArray(data) && kind.isMany === true ? data : [data];
    const texts = all.flatMap((one) => (isWritten(one, kind.written) ? [String(one)] : []));
    if (texts.length === all.length) this.#layer.take(setting, texts, origin);
    else this.#layer.refuse(setting, kindOf(data), origin);
  }

  #refuseUnknown(keys: readonly string[]): void {
    const name = keys.join('.');
    const names = allSettings.map((one) => one.name);
    const ofFile = names.find((one) => one === `${name}-file`);
    const near =
      ofFile ?? nearest(name, [...names, ...groupsOf(names)]) ?? insideGroup(keys, names);
    this.#refuse(
      keys,
      `${shown(name)} is no setting${near === undefined ? '' : `; did you mean ${near} ?`}`,
    );
  }

  #refuseGroup(keys: readonly string[], group: readonly Setting<unknown>[]): void {
    const names = group.map(({ name }) => name).join(', ');
    this.#refuse(keys, `${keys.join('.')} is a group, of ${names}`);
  }

  #refuse(keys: readonly string[], problem: string): void {
    this.#layer.problems.push(`${originText(this.#origin(keys))}: ${problem}`);
  }

  #origin(keys: readonly string[], place = this.#parsed.locate(keys)): Origin {
    return { kind: 'file', file: this.#file, place };
  }
}

function isMap(data: Data): data is { [key: string]: Data } {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function isWritten(data: Data, written: readonly string[]): boolean {
  return written.includes(typeof data);
}

/** What stands there in the place of a value; the value itself may be a secret. */
function kindOf(data: Data): string {
  if (data === null) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'bigint') return 'so large a number';
  return typeof data === 'object' ? 'a map' : `a ${typeof data}`;
}

function groupsOf(names: readonly string[]): string[] {
  return [
    ...new Set(names.flatMap((name) => (name.includes('.') ? [name.split('.', 1)[0] ?? ''] : []))),
  ];
}

/** `cert` at the top may be that of a group. */
function insideGroup(keys: readonly string[], names: readonly string[]): string | undefined {
  const last = keys.at(-1) ?? '';
  return names.find((name) => name.endsWith(`.${last}`));
}

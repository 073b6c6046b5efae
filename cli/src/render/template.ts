import {
  Liquid,
  type Template as Parsed,
  ParseError,
  RenderError,
  TokenizationError,
  UndefinedVariableError,
} from 'liquidjs';
import type { State } from '../follow/subtrees.ts';
import { TreeView, ViewError } from './tree-view.ts';

/** A template cannot be read, or not be rendered with the values that there are. Names file, line and column. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Far more than a configuration file takes; what a value says cannot make it more. */
const RENDER_MS_MAX = 2_000;
const MEMORY_MAX = 100_000_000;
const OUTPUT_CHARACTERS_MAX = 32 * 1024 * 1024;

/** A template and its file name, which is for its errors. */
export class Template {
  readonly #name: string;
  readonly #liquid: Liquid;
  readonly #parsed: Parsed[];
  #view = new TreeView({ revision: 0, subtrees: [] });

  /** @throws {TemplateError} what is wrong with it, and where. */
  constructor(name: string, text: string) {
    this.#name = name;
    this.#liquid = this.#engine();
    this.#parsed = this.#explained(() => this.#liquid.parse(text, name));
  }

  /** The text for a state. @throws {TemplateError} it asks for what is not there, or takes too much. */
  render(state: State): string {
    this.#view = new TreeView(state);
    const text: string = this.#explained(() => this.#liquid.renderSync(this.#parsed));
    if (text.length > OUTPUT_CHARACTERS_MAX)
      throw new TemplateError(`${this.#name} makes more than ${OUTPUT_CHARACTERS_MAX} characters`);
    return text;
  }

  #engine(): Liquid {
    const liquid = new Liquid({
      strictFilters: true,
      strictVariables: true,
      // What may be missing can be asked for by `if` and `default`.
      lenientIf: true,
      ownPropertyOnly: true,
      templates: {},
      renderLimit: RENDER_MS_MAX,
      memoryLimit: MEMORY_MAX,
      outputEscape: printed,
    });
    // There are no other templates to take in.
    for (const tag of ['include', 'render', 'layout', 'block']) delete liquid.tags[tag];
    liquid.registerFilter('value', (path: unknown, ...defaults: readonly unknown[]) =>
      this.#found('value', path, this.#view.value(text(path, 'value')), defaults),
    );
    liquid.registerFilter('tree', (path: unknown, ...defaults: readonly unknown[]) =>
      this.#found('tree', path, this.#view.tree(text(path, 'tree')), defaults),
    );
    liquid.registerFilter('ls', (path: unknown) => this.#view.names(text(path, 'ls')));
    liquid.registerFilter('instances', (path: unknown) =>
      this.#view.instances(text(path, 'instances')),
    );
    return liquid;
  }

  /** What is missing is an error, unless the template says what to take instead. */
  #found(filter: string, path: unknown, data: unknown, defaults: readonly unknown[]): unknown {
    if (data !== undefined) return data;
    if (defaults.length > 0) return defaults[0];
    const what = filter === 'value' ? 'holds no value' : 'has nothing below it';
    throw new ViewError(
      `${path} ${what}; where it may be missing, say what to take instead: {{ "${path}" | ${filter}: "..." }}`,
    );
  }

  #explained<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw new TemplateError(`${this.#name}${explanation(error)}`);
    }
  }
}

function text(path: unknown, filter: string): string {
  if (typeof path === 'string') return path;
  throw new ViewError(`${filter} takes a path in quotes, or a variable that holds one`);
}

/** How a value is printed. A map or a list as it stands is no configuration, whatever the language. */
function printed(value: unknown): string {
  if (Array.isArray(value))
    throw new ViewError(
      'a list cannot be printed as it is: say how, as in {{ list | join: ", " }} or {{ list | json }}',
    );
  if (isPlainMap(value))
    throw new ViewError(
      'a subtree cannot be printed as it is: name what of it, or print it with {{ tree | json }}',
    );
  return value === null || value === undefined ? '' : String(value);
}

function isPlainMap(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function explanation(error: unknown): string {
  const isOfTemplate =
    error instanceof ParseError ||
    error instanceof RenderError ||
    error instanceof TokenizationError ||
    error instanceof UndefinedVariableError;
  if (!isOfTemplate) return `: ${error instanceof Error ? error.message : String(error)}`;
  const [line, column] = error.token.getPosition();
  // The library puts the place behind the message, too.
  const problem = error.originalError?.message ?? error.message;
  return `:${line}:${column}: ${problem.replace(/, (file:.*, )?line:\d+, col:\d+$/, '')}`;
}

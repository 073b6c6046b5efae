import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { subtreeArgument } from '../arguments.ts';
import type { Environment } from '../child/child.ts';
import { decodeText } from '../config-data/text.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, Interrupted, usageError } from '../failure.ts';
import { DEBOUNCE, patienceOf } from '../follow/debounce.ts';
import { Subtrees } from '../follow/subtrees.ts';
import { keepRendered } from '../render/keeper.ts';
import { OutputFile } from '../render/output-file.ts';
import type { Job } from '../render/rendering.ts';
import { Template, TemplateError } from '../render/template.ts';

export interface RenderOptions {
  readonly from: readonly string[];
  readonly template: readonly string[];
  readonly out?: readonly string[];
  readonly check?: readonly string[];
  readonly exec?: string;
  readonly once?: true;
  readonly debounce?: string;
  readonly mode?: string;
}

/** Far more than anybody writes by hand. */
const TEMPLATE_BYTES_MAX = 1024 * 1024;

/** Keeps files as templates say, until somebody ends it; with `once`, renders them and ends. */
export async function renderTemplates(context: Context, options: RenderOptions): Promise<void> {
  const { terminal } = context;
  const paths = options.from.map(subtreeArgument);
  const patience = patienceOf(options.debounce ?? DEBOUNCE);
  const jobs = await jobsOf(options);
  const ended = new AbortController();
  const hurried = new AbortController();
  terminal.supervise((signal) => {
    if (signal === 'SIGUSR1' || signal === 'SIGUSR2') return;
    if (ended.signal.aborted) hurried.abort();
    else ended.abort(signal);
  });
  const subtrees = await Subtrees.open(context, paths, { patience, signal: ended.signal });
  try {
    await keepRendered(context, subtrees, {
      jobs,
      command: options.exec,
      environment: environmentOf(context),
      clock: terminal.clock,
      signal: ended.signal,
      hurry: hurried.signal,
      isOnce: options.once === true,
    });
  } catch (error) {
    throw ended.signal.aborted ? new Interrupted(ended.signal) : error;
  } finally {
    await subtrees.close();
  }
}

async function jobsOf({ template, out = [], check = [], mode }: RenderOptions): Promise<Job[]> {
  const files = out.map((path) => new OutputFile(path, modeOf(mode)));
  if (files.length !== template.length)
    throw usageError(
      `each --template has its --out, in the same order; there are ${template.length} and ${files.length}`,
    );
  const twice = out.find((path, i) => out.findIndex((other) => isSame(path, other)) !== i);
  if (twice !== undefined) throw usageError(`--out ${twice} is there twice`);
  if (check.length > 0 && check.length !== template.length)
    throw usageError(
      `there are ${check.length} --check for ${template.length} --template: say one for each, in their order, or '' for none`,
    );
  return Promise.all(
    files.map(async (file, i) => ({
      template: await readTemplate(template[i] ?? ''),
      file,
      check: check[i] === '' ? undefined : check[i],
    })),
  );
}

function isSame(path: string, other: string): boolean {
  return resolve(path) === resolve(other);
}

function modeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw usageError(`--mode ${text}: a mode looks like 0644 or 600`);
}

async function readTemplate(name: string): Promise<Template> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(exitCodes.invalid, 'template', `${name} cannot be read: ${reason}`);
  }
  if (bytes.length > TEMPLATE_BYTES_MAX)
    throw invalid(`${name} has more than ${TEMPLATE_BYTES_MAX} bytes, which no template has`);
  try {
    return new Template(name, decodeText(bytes));
  } catch (error) {
    if (error instanceof TemplateError) throw invalid(error.message);
    throw invalid(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalid(problem: string): Failure {
  return new Failure(exitCodes.invalid, 'template', problem);
}

function environmentOf({ terminal }: Context): Environment {
  const known = Object.entries(terminal.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(known);
}

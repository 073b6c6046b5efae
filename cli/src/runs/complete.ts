import { type BashLine, quotedForBash, readBashLine } from '../completion/bash-line.ts';
import type { CommandGrammar, Kind } from '../completion/grammar.ts';
import { pathsFrom } from '../completion/live.ts';
import { type Candidate, type Place, placeAt } from '../completion/wanted.ts';
import type { Context } from '../context.ts';
import { chooseServer } from '../contexts/choose.ts';
import { readContexts } from '../contexts/store.ts';
import { explanations } from '../explanations/explain.ts';
import type { Terminal } from '../terminal.ts';

/** Tells the shell to complete names of files by itself. */
const FILES = ':files';

/**
 * Prints what can stand at the cursor, a line each, with what it is for behind a tab. Never fails and never says
 * anything else: it writes into the prompt of somebody who types.
 */
export async function complete(
  terminal: Terminal,
  shell: string,
  words: readonly string[],
  program: CommandGrammar,
): Promise<void> {
  const text = await textFor(terminal, shell, words, program).catch(() => '');
  await terminal.stdout.write(text);
}

async function textFor(
  terminal: Terminal,
  shell: string,
  words: readonly string[],
  program: CommandGrammar,
): Promise<string> {
  const { HOME } = terminal.env;
  const [text = '', breaks = ''] = words;
  const line = shell === 'bash' ? readBashLine(text, breaks, HOME) : undefined;
  const before = line === undefined ? words.slice(0, -1) : line.words.slice(1);
  const current = line?.current ?? words.at(-1) ?? '';
  const found = await candidatesFor(terminal, placeAt(program, before, current));
  if (found === FILES) return `${FILES}\n`;
  return found
    .filter(({ value }) => value.startsWith(current))
    .map((candidate) => lineOf(candidate, line))
    .join('');
}

async function candidatesFor(
  terminal: Terminal,
  { wanted, flags }: Place,
): Promise<readonly Candidate[] | typeof FILES> {
  if (wanted.kind === 'words') return wanted.candidates;
  const { of, lead, typed } = wanted;
  if (of.kind === 'file') return FILES;
  const values = await valuesOf(terminal, of, { typed, flags });
  return values.map((value) => ({ value: lead + value }));
}

async function valuesOf(
  terminal: Terminal,
  of: Kind,
  { typed, flags }: { readonly typed: string; readonly flags: Place['flags'] },
): Promise<string[]> {
  switch (of.kind) {
    case 'path':
      return pathsFrom(contextFor(terminal, flags), typed);
    case 'context':
      return [...readContexts(terminal.env).profiles.keys()];
    case 'code':
      return explanations().map(({ code }) => code);
    case 'choice':
      return [...of.choices];
    case 'file':
    case 'free':
      return [];
  }
}

function contextFor(terminal: Terminal, flags: Place['flags']): Context {
  return {
    terminal,
    behindDashes: [],
    settings: {
      ...chooseServer(flags, terminal.env, () => readContexts(terminal.env)),
      ...{ output: undefined, timeoutMs: undefined, quiet: true, yes: false },
    },
  };
}

function lineOf({ value, about }: Candidate, line: BashLine | undefined): string {
  if (line !== undefined) return `${quotedForBash(value.slice(line.kept), line.quote)}\n`;
  return about === undefined ? `${value}\n` : `${value}\t${about}\n`;
}

import { DEFAULT_PORT } from '@confer/shared';
import type { Command } from 'commander';
import { type Context, parseDuration } from '../context.ts';
import type { Terminal } from '../terminal.ts';

/** Makes the context of a command out of its options and the surroundings. */
export type ContextOf = (command: Command) => Context;

export function contextFrom(terminal: Terminal, args: readonly string[]): ContextOf {
  const { env } = terminal;
  return (command) => {
    const { url, ca, cert, key, output, timeout, quiet, tokenFile } = command.optsWithGlobals<{
      url?: string;
      ca?: string;
      cert?: string;
      key?: string;
      output?: string;
      timeout?: string;
      quiet?: true;
      tokenFile?: string;
    }>();
    return {
      terminal,
      behindDashes: args.includes('--') ? args.slice(args.indexOf('--') + 1) : [],
      settings: {
        url: url ?? (env.CONFER_URL || `http://127.0.0.1:${DEFAULT_PORT}`),
        tls: {
          ca: ca ?? (env.CONFER_CA || undefined),
          cert: cert ?? (env.CONFER_CERT || undefined),
          key: key ?? (env.CONFER_KEY || undefined),
        },
        output,
        timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
        quiet: quiet === true,
        tokenFile,
      },
    };
  };
}

/** A command that has commands of its own. */
export function group(program: Command, name: string, summary: string): Command {
  return program.command(name).summary(summary).usage('[options] COMMAND').helpCommand(false);
}

/** Teaches by example, below the options. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** An option that may be given several times. */
export function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

import type { Command } from 'commander';
import { type Context, parseDuration, type ServerSettings } from '../context.ts';
import { chooseServer, type ServerFlags } from '../contexts/choose.ts';
import { readContexts } from '../contexts/store.ts';
import type { Terminal } from '../terminal.ts';

/** Makes the context of a command out of its options and the surroundings. */
export type ContextOf = (command: Command) => Context;

interface GlobalFlags extends ServerFlags {
  readonly output?: string;
  readonly timeout?: string;
  readonly quiet?: true;
  /** Of the commands that ask. */
  readonly yes?: true;
}

export function contextFrom(terminal: Terminal, args: readonly string[]): ContextOf {
  const { env } = terminal;
  return (command) => {
    const flags = command.optsWithGlobals<GlobalFlags>();
    const { output, timeout, quiet, yes } = flags;
    let chosen: ServerSettings | undefined;
    // Not before it is asked for: a file of contexts that is damaged is nothing to a command without a server.
    const server = () => {
      chosen ??= chooseServer(flags, env, () => readContexts(env));
      return chosen;
    };
    return {
      terminal,
      behindDashes: args.includes('--') ? args.slice(args.indexOf('--') + 1) : [],
      settings: {
        get url() {
          return server().url;
        },
        get tls() {
          return server().tls;
        },
        get tokenFile() {
          return server().tokenFile;
        },
        get chosen() {
          return server().chosen;
        },
        output,
        timeoutMs: timeout === undefined ? undefined : parseDuration(timeout),
        quiet: quiet === true,
        yes: yes === true,
      },
    };
  };
}

/** What a command that writes is asked with, as far as that decides whether it asks. */
interface WritingFlags {
  readonly dryRun?: true;
  readonly recursive?: true;
  readonly yes?: true;
  /** A directory of this machine, in the place of a server. */
  readonly data?: string;
  /** Only what is there is printed. */
  readonly show?: true;
  readonly watch?: true;
}

/**
 * Marks a command that writes: where the context is one for production it asks first. `asksItself` are those that
 * show what they would do and ask anyway.
 */
export function writing(
  command: Command,
  contextOf: ContextOf,
  asksItself: (flags: WritingFlags) => boolean = () => false,
): Command {
  return command.option('-y, --yes', 'do not ask').hook('preAction', async (_, running) => {
    const flags = running.opts<WritingFlags>();
    if (flags.show === true || flags.watch === true) return;
    if (flags.dryRun === true || (asksItself(flags) && flags.yes !== true)) return;
    const { confirmProduction } = await import('../asking.ts');
    await confirmProduction(contextOf(running));
  });
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

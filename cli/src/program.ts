import { DEFAULT_PORT } from '@confer/shared';
import { Command, CommanderError } from 'commander';
import { BadEnd, exitCodes, Interrupted } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { addHelp } from './verbs/help.ts';
import { addKeeping } from './verbs/keeping.ts';
import { addMoving } from './verbs/moving.ts';
import { addObserving } from './verbs/observing.ts';
import { addReading } from './verbs/reading.ts';
import { addServing } from './verbs/serving.ts';
import { contextFrom } from './verbs/verb.ts';
import { addWriting } from './verbs/writing.ts';
import { VERSION } from './version.ts';

/** Runs one command line; returns the exit code. Each command is loaded when it is asked for. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { reportOf } = await import('./report.ts');
    const { signal } = terminal;
    const isInterrupted = signal.aborted && !(error instanceof BadEnd);
    const { exitCode, text } = reportOf(isInterrupted ? new Interrupted(signal) : error);
    terminal.stderr.write(text);
    return exitCode;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('confer')
    .description('Keeps configuration in one place and shows every change live.')
    .usage('[options] COMMAND')
    .option('--url <url>', `the server (default: CONFER_URL or http://127.0.0.1:${DEFAULT_PORT})`)
    .option('-o, --output <format>', 'table, json, ndjson, raw or yaml')
    .option('--timeout <time>', 'how long to wait for the server: 10s, 500ms, 2m (default: 10s)')
    .option('-q, --quiet', 'print nothing but data and errors')
    .version(`confer ${VERSION}`, '-V, --version')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'error[usage]: ')),
      getOutHelpWidth: () => terminal.stdout.columns,
    })
    .showHelpAfterError(`hint: ${terminal.command} help COMMAND shows how`)
    .exitOverride();
  const context = contextFrom(terminal);
  addReading(program, context);
  addObserving(program, context);
  addWriting(program, context);
  addMoving(program, context);
  addServing(program, context);
  addKeeping(program, context);
  addHelp(program, context);
  return program;
}

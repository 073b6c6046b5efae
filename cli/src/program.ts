import { DEFAULT_PORT } from '@confer/shared';
import { Command, CommanderError } from 'commander';
import { addApply } from './commands/apply.ts';
import { addAudit } from './commands/audit.ts';
import { addAuth } from './commands/auth.ts';
import { addBackup } from './commands/backup.ts';
import { addBench } from './commands/bench.ts';
import { addCompact } from './commands/compact.ts';
import { addCompletion } from './commands/completion.ts';
import { addContext } from './commands/context.ts';
import { contextFrom } from './commands/definition.ts';
import { addDiff } from './commands/diff.ts';
import { addDiscover } from './commands/discover.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEdit } from './commands/edit.ts';
import { addElect } from './commands/elect.ts';
import { addExec } from './commands/exec.ts';
import { addExplain } from './commands/explain.ts';
import { addExport } from './commands/export.ts';
import { addFind } from './commands/find.ts';
import { addGet } from './commands/get.ts';
import { addHealth } from './commands/health.ts';
import { addHelp } from './commands/help.ts';
import { addHistory } from './commands/history.ts';
import { addImport } from './commands/import.ts';
import { addLease } from './commands/lease.ts';
import { addLock } from './commands/lock.ts';
import { addLog } from './commands/log.ts';
import { addLs } from './commands/ls.ts';
import { addCp, addMv } from './commands/move.ts';
import { addRegister } from './commands/register.ts';
import { addRender } from './commands/render.ts';
import { addRepair } from './commands/repair.ts';
import { addRestore } from './commands/restore.ts';
import { addRevert } from './commands/revert.ts';
import { addRm } from './commands/rm.ts';
import { addRole } from './commands/role.ts';
import { addServe } from './commands/serve.ts';
import { addSessions } from './commands/sessions.ts';
import { addSet } from './commands/set.ts';
import { addStatus } from './commands/status.ts';
import { addSubscribers } from './commands/subscribers.ts';
import { addTls } from './commands/tls.ts';
import { addToken } from './commands/token.ts';
import { addTop } from './commands/top.ts';
import { addTree } from './commands/tree.ts';
import { addTxn } from './commands/txn.ts';
import { addVerify } from './commands/verify.ts';
import { addVersion } from './commands/version.ts';
import { addWait } from './commands/wait.ts';
import { addWatch } from './commands/watch.ts';
import { addWhoami } from './commands/whoami.ts';
import { BadEnd, exitCodes, Interrupted } from './failure.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** Runs one command line; returns the exit code. Each command is loaded when it is asked for. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal, args).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { reportOf } = await import('./report.ts');
    const { signal } = terminal;
    const isInterrupted = signal.aborted && !(error instanceof BadEnd);
    const { exitCode, text } = reportOf(
      isInterrupted ? new Interrupted(signal) : error,
      terminal.command,
    );
    terminal.stderr.write(text);
    return exitCode;
  }
}

/** In the order of the help. */
const COMMANDS = [
  addGet,
  addLs,
  addTree,
  addFind,
  addWatch,
  addWait,
  addStatus,
  addHealth,
  addSubscribers,
  addSessions,
  addTop,
  addDoctor,
  addSet,
  addEdit,
  addRm,
  addTxn,
  addCp,
  addMv,
  addLease,
  addImport,
  addApply,
  addExport,
  addExec,
  addRender,
  addLog,
  addHistory,
  addDiff,
  addRevert,
  addLock,
  addElect,
  addRegister,
  addDiscover,
  addContext,
  addServe,
  addTls,
  addWhoami,
  addRole,
  addToken,
  addAuth,
  addBench,
  addCompact,
  addVersion,
  addBackup,
  addRestore,
  addVerify,
  addRepair,
  addAudit,
  addCompletion,
  addExplain,
  addHelp,
];

function createProgram(terminal: Terminal, args: readonly string[]): Command {
  const program = new Command('confer')
    .description('Keeps configuration in one place and shows every change live.')
    .usage('[options] COMMAND')
    .option(
      '--url <urls>',
      `the server, or several of one cluster: http://a:7480,http://b:7480 (default: CONFER_URL, the context in use, or http://127.0.0.1:${DEFAULT_PORT})`,
    )
    .option(
      '--context <context>',
      'the server by its name; see context add (default: CONFER_CONTEXT or the one in use)',
    )
    .option('--ca <file>', 'the authority of the server, for https (PEM; default: CONFER_CA)')
    .option('--cert <file>', 'the certificate to show to the server (PEM; default: CONFER_CERT)')
    .option('--key <file>', 'and its key (default: CONFER_KEY)')
    .option(
      '--token-file <file>',
      'the file with your token, where the server asks who you are (default: CONFER_TOKEN holds one, or the context)',
    )
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
  const context = contextFrom(terminal, args);
  for (const add of COMMANDS) add(program, context);
  return program;
}

import { resolve } from 'node:path';
import {
  checkServer,
  createServer,
  type LogLevel,
  type Server,
  type ServerOptions,
  StartError,
  StopError,
} from '@confer/server';
import { type ServiceNews, tellServiceManager } from '../child/service-manager.ts';
import { type Context, notice } from '../context.ts';
import { BadEnd, exitCodes, Failure } from '../failure.ts';
import { isSaid } from '../logging/line.ts';
import { type LogFormat, ServerLog } from '../logging/server-log.ts';
import { oneLine } from '../output/text.ts';
import type { Flags } from '../serving/from-flags.ts';
import { readSettings } from '../serving/read-settings.ts';
import { Reload } from '../serving/reload.ts';
import type { Resolved } from '../serving/resolved.ts';
import { contradictions, serverOptionsOf } from '../serving/server-options.ts';
import { SETTINGS } from '../serving/table.ts';
import { placeOf, welcome } from '../serving/welcome.ts';
import { VERSION } from '../version.ts';

const exitCodeOf: Readonly<Record<StartError['kind'], number>> = {
  refused: exitCodes.refused,
  unavailable: exitCodes.other,
  storage: exitCodes.usage,
  invalid: exitCodes.invalid,
};

/** Serves until a signal asks it to end, or its storage can do nothing any more. */
export async function serve(context: Context, flags: Flags): Promise<void> {
  const { terminal } = context;
  const sources = { flags, env: terminal.env, directory: resolve('.') };
  const settings = await readSettings({ ...sources, isServing: false });
  if (flags.printConfig === true) await print(context, settings);
  if (flags.checkConfig === true) await check(context, settings);
  requireWell(settings);
  if (flags.printConfig === true || flags.checkConfig === true) return;
  const format = formatOf(context, settings);
  const serverLog = await ServerLog.open(terminal, { format, level: levelOf(context, settings) });
  const { log } = serverLog;
  for (const warning of settings.warnings) log('warn', warning);
  terminal.onCrash((error) => log('error', 'this is a bug in confer', { error: textOf(error) }));
  const options = serverOptionsOf(settings);
  let reload: Reload | undefined;
  // Also while it starts: whoever asks then gets what he wants.
  terminal.onHangUp(() => void reload?.ask());
  const starting = start({ ...options, log });
  // A gateway that waits for etcd has nothing yet to put in order; who opens data of his own finishes that first.
  const isPatient = options.engine !== 'etcd';
  const server = await (isPatient ? starting : Promise.race([starting, aborted(terminal.signal)]));
  if (server === undefined) return notice(context, 'stopped before it served anybody');
  const tell = (news: ServiceNews) =>
    tellServiceManager(terminal.env, news, (problem) => log('warn', problem));
  if (!terminal.signal.aborted) {
    await terminal.stdout.write(`${server.url}\n`);
    if (format === 'text') welcome(context, server, options);
    else log('info', 'listening', lifeOf(server, options));
    tell({ kind: 'ready', status: `serves at ${server.url}` });
  }
  reload = new Reload({
    settings,
    read: () => readSettings({ ...sources, isServing: true }),
    check: (next) => checkServer(serverOptionsOf(next)),
    apply: async (changes, next) => {
      await server.reload(changes);
      serverLog.setLevel(levelOf(context, next));
    },
    log,
  });
  const failure = await Promise.race([aborted(terminal.signal), server.failed]);
  if (format === 'text') notice(context, 'stopping');
  else log('info', 'stopping', { reason: failure ?? String(terminal.signal.reason) });
  tell({ kind: 'stopping' });
  await stop(server);
  if (format === 'json') log('info', 'stopped');
  serverLog.close();
  endOf(server, failure);
}

/** A bad end is one that loses something. */
function endOf(server: Server, failure: string | undefined): void {
  const { storage, storageProblem } = server.status();
  // A gateway that is out of touch keeps nothing that could be lost.
  const problem = failure ?? (storage === 'behind' ? undefined : storageProblem);
  if (problem !== undefined)
    throw new BadEnd(exitCodes.other, 'storage', oneLine(`the storage failed: ${problem}`));
}

async function stop(server: Server): Promise<void> {
  try {
    await server.close();
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    throw new BadEnd(exitCodes.other, 'timeout', error.message);
  }
}

function formatOf({ terminal }: Context, settings: Resolved): LogFormat {
  const format = settings.value(SETTINGS.logFormat);
  if (format !== 'auto') return format;
  return terminal.stderr.isTty ? 'text' : 'json';
}

function levelOf(context: Context, settings: Resolved): LogLevel {
  const level = settings.value(SETTINGS.logLevel);
  return context.settings.quiet && isSaid('info', level) ? 'warn' : level;
}

function lifeOf({ url, transport }: Server, options: ServerOptions) {
  return { url, transport, version: VERSION, engine: options.engine, data: placeOf(options) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Says all that is wrong with what a server would be started with. */
async function check(context: Context, settings: Resolved): Promise<void> {
  for (const warning of settings.warnings) notice(context, `warning: ${warning}`);
  requireWell(settings);
  const found = await checkServer(serverOptionsOf(settings));
  const problems = found.map((one) => oneLine(one));
  if (problems.length > 0) throw new Failure(exitCodes.invalid, 'invalid_config', problems);
  notice(context, 'the settings are well');
}

/** Refuses to start where something is wrong with what was said, and says all of it. */
function requireWell(settings: Resolved): void {
  const { problems, isMistyped } = settings;
  if (isMistyped) throw new Failure(exitCodes.usage, 'usage', problems);
  if (problems.length > 0) throw new Failure(exitCodes.invalid, 'invalid_config', problems);
  const found = contradictions(settings);
  if (found.length > 0) throw new Failure(exitCodes.usage, 'usage', found);
}

async function print(context: Context, settings: Resolved): Promise<void> {
  const { printedSettings } = await import('../serving/printed.ts');
  await context.terminal.stdout.write(printedSettings(settings));
}

async function start(options: ServerOptions): Promise<Server> {
  try {
    return await createServer(options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new Failure(exitCodeOf[error.kind], error.kind, oneLine(error.message));
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}

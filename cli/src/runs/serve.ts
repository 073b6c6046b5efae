import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  BOOTSTRAP_TOKEN_FILE,
  checkServer,
  createServer,
  type Log,
  type Server,
  type ServerOptions,
  StartError,
  StopError,
} from '@confer/server';
import { DEFAULT_PORT } from '@confer/shared';
import { type ServiceNews, tellServiceManager } from '../child/service-manager.ts';
import { type Context, notice } from '../context.ts';
import { BadEnd, exitCodes, Failure } from '../failure.ts';
import { oneLine } from '../output/text.ts';
import type { Flags } from '../serving/from-flags.ts';
import { readSettings } from '../serving/read-settings.ts';
import { Reload } from '../serving/reload.ts';
import type { Resolved } from '../serving/resolved.ts';
import { contradictions, serverOptionsOf } from '../serving/server-options.ts';
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
  const read = () => readSettings({ flags, env: terminal.env, directory: resolve('.') });
  const settings = await read();
  for (const warning of settings.warnings) notice(context, `warning: ${warning}`);
  if (flags.printConfig === true) await print(context, settings);
  requireWell(settings);
  const options = serverOptionsOf(settings);
  if (flags.checkConfig === true) await check(context, options);
  if (flags.printConfig === true || flags.checkConfig === true) return;
  const say: Log = (level, message, fields) => log(context, level, message, fields);
  const starting = start({ ...options, log: say });
  // A gateway that waits for etcd has nothing yet to put in order; who opens data of his own finishes that first.
  const isPatient = options.engine !== 'etcd';
  const server = await (isPatient ? starting : Promise.race([starting, aborted(terminal.signal)]));
  if (server === undefined) return notice(context, 'stopped before it served anybody');
  const tell = (news: ServiceNews) =>
    tellServiceManager(terminal.env, news, (problem) => say('warn', problem));
  if (!terminal.signal.aborted) {
    await terminal.stdout.write(`${server.url}\n`);
    welcome(context, server, options);
    tell({ kind: 'ready', status: `serves at ${server.url}` });
  }
  const reload = new Reload({
    settings,
    read,
    check: (next) => checkServer(serverOptionsOf(next)),
    apply: (changes) => server.reload(changes),
    log: say,
  });
  terminal.onHangUp(() => void reload.ask());
  const failure = await Promise.race([aborted(terminal.signal), server.failed]);
  notice(context, 'stopping');
  tell({ kind: 'stopping' });
  await stop(server);
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

/** Says all that is wrong with what a server would be started with. */
async function check(context: Context, options: ServerOptions): Promise<void> {
  const found = await checkServer(options);
  if (found.length > 0)
    throw new Failure(
      exitCodes.invalid,
      'invalid_config',
      found.map((one) => oneLine(one)),
    );
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

/** Where the commands look where nobody says where. */
const AT_HOME = `http://127.0.0.1:${DEFAULT_PORT}`;

function welcome(context: Context, { url, transport }: Server, options: ServerOptions): void {
  // Nobody connects to all addresses at once.
  const reached = url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost');
  const at = [
    context.terminal.command,
    ...(url === AT_HOME ? [] : ['--url', reached]),
    ...(options.tls === undefined ? [] : ['--ca CA.PEM']),
    ...(options.tls?.clientCaFile === undefined ? [] : ['--cert CERT.PEM --key KEY.PEM']),
  ].join(' ');
  notice(context, `confer ${VERSION} listens on ${url} (${transport})`);
  notice(context, `data: ${placeOf(options)}`);
  if (options.auth === 'on') welcomeKnown(context, at, options);
  else {
    notice(context, `next, in another terminal: ${at} set /greeting hello`);
    notice(context, `and to see changes live:   ${at} watch /`);
  }
  if (options.tls !== undefined)
    notice(context, 'CA.PEM is the authority of the certificate; a public one needs no --ca');
}

/** Where everybody is asked who they are, and perhaps nobody is known yet. */
function welcomeKnown(context: Context, at: string, options: ServerOptions): void {
  const file =
    options.engine === 'lmdb' ? join(options.dataDirectory, BOOTSTRAP_TOKEN_FILE) : undefined;
  if (file !== undefined && existsSync(file))
    notice(
      context,
      `next, in another terminal: ${at} token create root --role admin --out root.token --token-file ${file}`,
    );
  notice(context, `commands take --token-file FILE, or CONFER_TOKEN: ${at} help rights`);
}

function placeOf(options: ServerOptions): string {
  switch (options.engine) {
    case 'memory':
      return 'in memory; gone when this ends';
    case 'lmdb':
      return options.dataDirectory;
    case 'etcd':
      return `in etcd at ${options.endpoints.join(', ')}, below ${options.prefix ?? ''}`;
  }
}

function log(
  context: Context,
  level: string,
  message: string,
  fields: Readonly<Record<string, string | number>> = {},
): void {
  if (level === 'info' && context.settings.quiet) return;
  const more = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  const text = `${new Date(context.terminal.clock.now()).toISOString()} ${level} ${message}${more.join('')}`;
  context.terminal.stderr.write(`${oneLine(text)}\n`);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
}

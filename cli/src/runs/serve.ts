import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  BOOTSTRAP_TOKEN_FILE,
  createServer,
  type DoorOptions,
  type EngineOptions,
  type Server,
  type ServerOptions,
  StartError,
} from '@confer/server';
import { DEFAULT_PORT } from '@confer/shared';
import { countArgument } from '../arguments.ts';
import { type Context, notice, parseDuration } from '../context.ts';
import { BadEnd, exitCodes, Failure, usageError } from '../failure.ts';
import { oneLine } from '../output/text.ts';
import { VERSION } from '../version.ts';

export interface ServeOptions {
  readonly data: string;
  readonly listen: string;
  readonly memory?: true;
  readonly engine: 'lmdb' | 'etcd';
  readonly etcd?: string;
  readonly etcdPrefix: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly etcdUser?: string;
  readonly etcdPasswordFile?: string;
  readonly etcdCompact: 'confer' | 'leave';
  readonly transport?: 'uws' | 'ws';
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly trustedProxy?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly publicHost?: readonly string[];
  readonly insecure?: true;
  readonly auth: 'on' | 'off';
  readonly bootstrapTokenFile?: string;
  readonly issuers?: string;
  readonly audit?: 'off' | 'best-effort' | 'required';
  readonly auditDir?: string;
  readonly auditReads?: readonly string[];
  readonly acceptLoss?: boolean;
  readonly keepAge?: string;
  readonly keepCommits?: string;
}

const exitCodeOf: Readonly<Record<StartError['kind'], number>> = {
  refused: exitCodes.refused,
  unavailable: exitCodes.other,
  storage: exitCodes.usage,
  invalid: exitCodes.invalid,
};

const LISTEN = `127.0.0.1:${DEFAULT_PORT}`;

/** Serves until a signal asks it to end, or its storage can do nothing any more. */
export async function serve(context: Context, options: ServeOptions): Promise<void> {
  const { terminal } = context;
  const engine = engineOf(options);
  const server = await start({
    ...engine,
    ...addressOf(options.listen),
    ...(options.transport === undefined ? {} : { transport: options.transport }),
    ...doorOf(options),
    ...authOf(options),
    retention: retentionOf(options),
    log: (level, message, fields) => log(context, level, message, fields),
  });
  await terminal.stdout.write(`${server.url}\n`);
  welcome(context, server, engine, options);
  // Without a certificate there is nothing to read again, and a terminal that closes ends the server.
  if (options.tlsCert !== undefined) terminal.onHangUp(() => void server.reload());
  const failure = await Promise.race([aborted(terminal.signal), server.failed]);
  notice(context, 'stopping');
  await server.close();
  const { storage, storageProblem } = server.status();
  // A gateway that is out of touch keeps nothing that could be lost.
  const problem = failure ?? (storage === 'behind' ? undefined : storageProblem);
  if (problem !== undefined)
    throw new BadEnd(exitCodes.other, 'storage', oneLine(`the storage failed: ${problem}`));
}

/** Who may come in, and how. */
function doorOf(options: ServeOptions): DoorOptions {
  const { tlsCert, tlsKey, clientCa, trustedProxy, allowOrigin, publicHost, insecure } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw usageError('--tls-cert and --tls-key go together: "confer tls self-signed" makes both');
  if (clientCa !== undefined && tlsCert === undefined)
    throw usageError('--client-ca needs TLS: pass --tls-cert and --tls-key, too');
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : {
          certFile: resolve(tlsCert),
          keyFile: resolve(tlsKey),
          ...(clientCa !== undefined && { clientCaFile: resolve(clientCa) }),
        };
  return {
    ...(tls && { tls }),
    trustedProxies: trustedProxy ?? [],
    allowOrigins: allowOrigin ?? [],
    publicHosts: publicHost ?? [],
    insecure: insecure === true,
  };
}

function engineOf(options: ServeOptions): EngineOptions {
  const { data, memory, engine, etcd, acceptLoss = false } = options;
  if (engine === 'etcd') return etcdOf(options);
  if (etcd !== undefined)
    throw usageError('--etcd names the members of a cluster: say --engine etcd, too');
  return memory === true
    ? { engine: 'memory' }
    : { engine: 'lmdb', dataDirectory: resolve(data), acceptLoss };
}

function etcdOf(options: ServeOptions): EngineOptions {
  const { etcd, memory, etcdCa, etcdCert, etcdKey, etcdUser, etcdPasswordFile } = options;
  if (memory === true) throw usageError('--memory and --engine etcd exclude each other');
  if (etcd === undefined)
    throw usageError('--engine etcd needs --etcd with the addresses of its members');
  const named = {
    caFile: etcdCa,
    certFile: etcdCert,
    keyFile: etcdKey,
    user: etcdUser,
    passwordFile: etcdPasswordFile,
  };
  return {
    engine: 'etcd',
    endpoints: etcd
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== ''),
    prefix: options.etcdPrefix,
    compactsCluster: options.etcdCompact === 'confer',
    ...Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  };
}

function authOf(options: ServeOptions) {
  const { auth, bootstrapTokenFile, issuers, audit, auditDir, auditReads } = options;
  return {
    auth,
    ...(bootstrapTokenFile === undefined ? {} : { bootstrapTokenFile }),
    ...(issuers === undefined ? {} : { issuersFile: resolve(issuers) }),
    ...(audit === undefined ? {} : { audit }),
    ...(auditReads === undefined ? {} : { auditReads }),
    ...(auditDir === undefined ? {} : { auditDirectory: resolve(auditDir) }),
  };
}

function retentionOf({ keepAge, keepCommits }: ServeOptions) {
  return {
    ...(keepAge === undefined ? {} : { ageMs: Math.ceil(parseDuration(keepAge)) }),
    ...(keepCommits === undefined ? {} : { commits: countArgument(keepCommits, '--keep-commits') }),
  };
}

function addressOf(listen: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw usageError(`--listen ${listen}: an address is HOST:PORT, such as ${LISTEN} or [::1]:7480`);
}

async function start(options: ServerOptions): Promise<Server> {
  try {
    return await createServer(options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new Failure(exitCodeOf[error.kind], error.kind, oneLine(error.message));
  }
}

function welcome(
  context: Context,
  { url, transport }: Server,
  engine: EngineOptions,
  { tlsCert, clientCa, auth }: ServeOptions,
): void {
  // Nobody connects to all addresses at once.
  const reached = url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost');
  const at = [
    context.terminal.command,
    ...(url === `http://${LISTEN}` ? [] : ['--url', reached]),
    ...(tlsCert === undefined ? [] : ['--ca CA.PEM']),
    ...(clientCa === undefined ? [] : ['--cert CERT.PEM --key KEY.PEM']),
  ].join(' ');
  notice(context, `confer ${VERSION} listens on ${url} (${transport})`);
  notice(context, `data: ${placeOf(engine)}`);
  if (auth === 'on') welcomeKnown(context, at, engine);
  else {
    notice(context, `next, in another terminal: ${at} set /greeting hello`);
    notice(context, `and to see changes live:   ${at} watch /`);
  }
  if (tlsCert !== undefined)
    notice(context, 'CA.PEM is the authority of the certificate; a public one needs no --ca');
}

/** Where everybody is asked who they are, and perhaps nobody is known yet. */
function welcomeKnown(context: Context, at: string, engine: EngineOptions): void {
  const file =
    engine.engine === 'lmdb' ? join(engine.dataDirectory, BOOTSTRAP_TOKEN_FILE) : undefined;
  if (file !== undefined && existsSync(file))
    notice(
      context,
      `next, in another terminal: ${at} token create root --role admin --out root.token --token-file ${file}`,
    );
  notice(context, `commands take --token-file FILE, or CONFER_TOKEN: ${at} help rights`);
}

function placeOf(engine: EngineOptions): string {
  switch (engine.engine) {
    case 'memory':
      return 'in memory; gone when this ends';
    case 'lmdb':
      return engine.dataDirectory;
    case 'etcd':
      return `in etcd at ${engine.endpoints.join(', ')}, below ${engine.prefix ?? ''}`;
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

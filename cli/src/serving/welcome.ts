import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BOOTSTRAP_TOKEN_FILE, type Server, type ServerOptions } from '@confer/server';
import { DEFAULT_PORT } from '@confer/shared';
import { type Context, notice } from '../context.ts';
import { VERSION } from '../version.ts';

/** Where the commands look where nobody says where. */
const AT_HOME = `http://127.0.0.1:${DEFAULT_PORT}`;

/** Says to a person where the server is, and what to type next. */
export function welcome(
  context: Context,
  { url, transport }: Server,
  options: ServerOptions,
): void {
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

/** Where the data are. */
export function placeOf(options: ServerOptions): string {
  switch (options.engine) {
    case 'memory':
      return 'in memory; gone when this ends';
    case 'lmdb':
      return options.dataDirectory;
    case 'etcd':
      return `in etcd at ${options.endpoints.join(', ')}, below ${options.prefix ?? ''}`;
  }
}

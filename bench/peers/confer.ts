import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_TOKEN } from '../load/token.ts';
import type { Peer } from './peer.ts';

export const conferPeer = served('confer', []);

/** Confer where uWebSockets.js does not load. */
export const conferWsPeer = served('confer-ws', ['--transport', 'ws']);

/** Confer that asks everybody who they are, and writes down what they do. */
export const conferAuthPeer: Peer = {
  ...served('confer-auth', []),
  command: (port, directory) => {
    const file = join(directory, 'bench.token');
    writeFileSync(file, BENCH_TOKEN, { mode: 0o600 });
    const options = ['--auth', 'on', '--bootstrap-token-file', file];
    return served('confer-auth', options).command(port, join(directory, 'data'));
  },
};

function served(name: string, options: readonly string[]): Peer {
  return {
    name,
    program: process.execPath,
    versionArgs: ['cli/dist/main.js', 'version'],
    command: (port, directory) => ({
      args: [
        'cli/dist/main.js',
        'serve',
        '--data',
        directory,
        '--listen',
        `127.0.0.1:${port}`,
        ...options,
      ],
    }),
  };
}

import type { Peer } from './peer.ts';

export const conferPeer = served('confer', []);

/** Confer where uWebSockets.js does not load. */
export const conferWsPeer = served('confer-ws', ['--transport', 'ws']);

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

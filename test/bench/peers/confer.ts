import type { Peer } from './peer.ts';

export const conferPeer: Peer = {
  name: 'confer',
  program: process.execPath,
  versionArgs: ['cli/dist/main.js', 'version'],
  command: (port, directory) => ({
    args: ['cli/dist/main.js', 'serve', '--data', directory, '--listen', `127.0.0.1:${port}`],
  }),
};

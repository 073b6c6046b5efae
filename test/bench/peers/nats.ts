import { join } from 'node:path';
import type { Peer } from './peer.ts';

/**
 * With JetStream for its key-value store. This version has no setting for when that is synced to the
 * disk: it happens every two minutes.
 */
export const natsPeer: Peer = {
  name: 'nats',
  program: 'nats-server',
  versionArgs: ['--version'],
  install: 'apt-get install nats-server',
  command: (port, directory) => ({
    args: [
      '--addr',
      '127.0.0.1',
      '--port',
      String(port),
      '--jetstream',
      '--store_dir',
      join(directory, 'js'),
    ],
  }),
};

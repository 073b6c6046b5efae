import type { Peer } from './peer.ts';

/** Every write is synced to the append-only file before it is acknowledged. Not so pub/sub. */
export const redisPeer: Peer = {
  name: 'redis',
  program: 'redis-server',
  versionArgs: ['--version'],
  install: 'apt-get install redis-server',
  command: (port, directory) => ({
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      '--save',
      '',
      '--maxclients',
      '15000',
      '--auto-aof-rewrite-percentage',
      '0',
    ],
  }),
};

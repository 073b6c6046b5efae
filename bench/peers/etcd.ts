import type { Peer } from './peer.ts';

/** One member, settings as they come: every write is synced to the disk before it is acknowledged. */
export const etcdPeer: Peer = {
  name: 'etcd',
  program: 'etcd',
  versionArgs: ['--version'],
  install: 'apt-get install etcd-server',
  command: (port, directory) => ({
    args: [
      '--data-dir',
      directory,
      '--listen-client-urls',
      `http://127.0.0.1:${port}`,
      '--advertise-client-urls',
      `http://127.0.0.1:${port}`,
      // Any free port: there are no other members.
      '--listen-peer-urls',
      'http://127.0.0.1:0',
      '--log-level',
      'error',
      '--quota-backend-bytes',
      String(8 * 1024 ** 3),
    ],
  }),
};

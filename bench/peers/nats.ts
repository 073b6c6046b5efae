import type { Peer } from './peer.ts';

/** Without JetStream: what it is asked for is to pass messages on. */
export const natsPeer: Peer = {
  name: 'nats',
  program: 'nats-server',
  versionArgs: ['--version'],
  install: 'apt-get install nats-server',
  command: (port) => ({ args: ['--addr', '127.0.0.1', '--port', String(port)] }),
};

import { join } from 'node:path';
import type { Peer } from './peer.ts';

/** Its library names all others that it needs. */
const LIBRARY = '/usr/share/java/zookeeper.jar';
const CONFIG = 'zoo.cfg';

/** Alone, with the heap that its own scripts give it; every write is synced before it is acknowledged. */
export const zookeeperPeer: Peer = {
  name: 'zookeeper',
  program: 'java',
  needs: LIBRARY,
  versionArgs: ['-cp', LIBRARY, 'org.apache.zookeeper.version.VersionInfoMain'],
  install: 'apt-get install zookeeperd',
  command: (port, directory) => ({
    args: [
      '-Xmx1000m',
      '-Dzookeeper.admin.enableServer=false',
      '-cp',
      LIBRARY,
      'org.apache.zookeeper.server.ZooKeeperServerMain',
      join(directory, CONFIG),
    ],
    files: {
      [CONFIG]: [
        'tickTime=2000',
        `dataDir=${directory}`,
        `clientPort=${port}`,
        'clientPortAddress=127.0.0.1',
        'maxClientCnxns=0',
        'maxSessionTimeout=600000',
        '',
      ].join('\n'),
    },
  }),
};

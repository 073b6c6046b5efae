import type { Peer } from './peer.ts';

/** This same program in another role. */
export const floorPeer: Peer = {
  name: 'floor',
  program: process.execPath,
  versionArgs: ['--print', "require('./test/node_modules/uWebSockets.js/package.json').version"],
  command: (port) => ({ args: [process.argv[1] ?? '', 'floor', String(port)] }),
};

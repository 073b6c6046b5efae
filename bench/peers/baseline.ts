import type { Peer } from './peer.ts';

/** This same program in another role. */
export const baselinePeer: Peer = {
  name: 'baseline',
  program: process.execPath,
  versionArgs: ['--print', "require('./bench/node_modules/uWebSockets.js/package.json').version"],
  command: (port) => ({ args: [process.argv[1] ?? '', 'baseline', String(port)] }),
};

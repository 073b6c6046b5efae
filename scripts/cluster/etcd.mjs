import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const HEALTH_MS = 1_000;

/** The version of the `etcd` in the PATH; rejects with what to install where there is none. */
export async function etcdVersion() {
  try {
    const { stdout } = await promisify(execFile)('etcd', ['--version'], { env: ownEnvironment() });
    return /etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'an unknown version';
  } catch (error) {
    if (error.code !== 'ENOENT') throw new Error(`etcd does not run here: ${error.message}`);
    throw new Error(
      'there is no etcd in the PATH. Install it, and try again:\n' +
        '  Debian and Ubuntu   apt-get install etcd-server etcd-client (Debian 11: etcd)\n' +
        '  macOS               brew install etcd\n' +
        '  any other           https://github.com/etcd-io/etcd/releases: put etcd and etcdctl into the PATH',
    );
  }
}

/** Nothing of the user's own settings for etcd, which its flags would not all win over. */
export function ownEnvironment() {
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD'));
  // etcd 3.4 starts on other processors only when it is told that this is meant.
  return { ...Object.fromEntries(settings), ETCD_UNSUPPORTED_ARCH: process.arch };
}

export function memberArguments({ name, url, peers, index, directory }) {
  const peerUrl = (port) => `http://127.0.0.1:${port}`;
  const cluster = peers.map((port, i) => `m${i + 1}=${peerUrl(port)}`).join(',');
  return [
    ...['--name', name, '--data-dir', directory],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peerUrl(peers[index])],
    ...['--initial-advertise-peer-urls', peerUrl(peers[index])],
    ...['--initial-cluster', cluster, '--initial-cluster-state', 'new'],
    ...['--initial-cluster-token', `confer-${peers[0]}`],
  ];
}

/** Whether a member answers, and has a leader. */
export async function isHealthy(url) {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_MS) });
    return (await response.json()).health === 'true';
  } catch {
    return false;
  }
}

/** What matters here of the versions of etcd; `docs/cluster.md` has the table. */

export type EtcdVersion = readonly [major: number, minor: number, patch: number];

/** `undefined` where it is none that etcd has. */
export function parseVersion(text: string): EtcdVersion | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  return parts === null ? undefined : [Number(parts[1]), Number(parts[2]), Number(parts[3])];
}

/** From a patch of each minor version on; minors after the last named one have it. */
function has(version: EtcdVersion, patches: Readonly<Record<string, number>>): boolean {
  const [major, minor, patch] = version;
  const from = patches[`${major}.${minor}`];
  if (from !== undefined) return patch >= from;
  return major > 3 || (major === 3 && minor > 5);
}

/** Whether an answer to a request for progress never overtakes events (etcd #15220). */
export function isProgressSound(version: EtcdVersion): boolean {
  return has(version, { '3.4': 31, '3.5': 13 });
}

/** Whether a watch that never had an event is told of progress when it asks (etcd #17507). */
export function isProgressAnswered([major, minor, patch]: EtcdVersion): boolean {
  if (major !== 3) return true;
  if (minor === 4) return patch < 25 || patch > 30;
  return minor !== 5 || patch < 8 || patch > 12;
}

/** Why Confer does not run on it. */
export function refusalOf(version: EtcdVersion): string | undefined {
  const [major, minor, patch] = version;
  if (major < 3 || (major === 3 && minor < 4)) return 'it is older than 3.4';
  if (major === 3 && minor === 5 && patch < 3)
    return 'members of 3.5.0 to 3.5.2 can come to hold different data (etcd #13766)';
  return undefined;
}

/** What an operator should know of it. */
export function warningOf(version: EtcdVersion): string | undefined {
  if (has(version, { '3.4': 42, '3.5': 28, '3.6': 9 })) return undefined;
  return 'a member that was paused may answer reads with old data (etcd #20418); 3.4.42, 3.5.28, 3.6.9 and later do not';
}

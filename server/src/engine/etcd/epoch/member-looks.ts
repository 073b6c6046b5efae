import { EtcdError, type EtcdMember } from '../client/cluster.ts';
import type { MemberStatus } from '../client/messages.ts';
import { type EtcdVersion, parseVersion, refusalOf, warningOf } from '../client/versions.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { type Look, lookAt } from './epoch.ts';

const STATUS_TIMEOUT_MS = 3_000;
/** Operators grow the quota, or clean up, when so much of a common one (2 GiB) is used. */
const SIZE_WARNING_BYTES = 1.2 * 1024 * 1024 * 1024;

/** A cluster that Confer cannot run on, whoever asks how often. */
class UnusableCluster extends Error {
  override readonly name = 'UnusableCluster';
}

/** Looks at members, and says once what an operator should know of them. */
export class MemberLooks {
  readonly #keyspace: Keyspace;
  readonly #onNotice: (notice: string) => void;
  readonly #said = new Set<string>();
  /** Of the member that was looked at last; `undefined` where nobody may ask. */
  version: EtcdVersion | undefined;

  constructor(keyspace: Keyspace, onNotice: (notice: string) => void) {
    this.#keyspace = keyspace;
    this.#onNotice = onNotice;
  }

  async look(member: EtcdMember): Promise<Look> {
    const look = await lookAt(member, this.#keyspace, (each) => this.#status(each));
    if (look.after !== undefined) this.#judge(member, look.after);
    return look;
  }

  /** Refuses members of different clusters; those that do not answer are judged when they do. */
  async requireOneCluster(members: readonly EtcdMember[]): Promise<void> {
    const found = await Promise.allSettled(members.map((member) => this.#status(member)));
    const ids = found.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
    const first = ids.find((status) => status !== undefined)?.header.clusterId;
    const other = ids.findIndex((status) => status && status.header.clusterId !== first);
    if (other !== -1)
      throw new UnusableCluster(
        `${members[other]?.name} belongs to another etcd cluster than the other addresses`,
      );
  }

  /** Older and newer versions let only the root user ask. */
  async #status(member: EtcdMember): Promise<MemberStatus | undefined> {
    try {
      return await member.status({ timeoutMs: STATUS_TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'permission_denied') throw error;
      this.#say(
        'this user may not ask etcd for its status: a restore is noticed by less, and old versions by nothing',
      );
      return undefined;
    }
  }

  #judge({ name }: EtcdMember, { version, dbSizeInUse }: MemberStatus): void {
    this.version = parseVersion(version);
    if (this.version === undefined)
      throw new UnusableCluster(`${name} says that it is version "${version}", which no etcd is`);
    const refusal = refusalOf(this.version);
    if (refusal !== undefined)
      throw new UnusableCluster(`Confer does not run on etcd ${version}: ${refusal}`);
    const warning = warningOf(this.version);
    if (warning !== undefined) this.#say(`etcd ${version}: ${warning}`);
    if (dbSizeInUse > SIZE_WARNING_BYTES)
      this.#say(
        `etcd holds ${Math.round(dbSizeInUse / 2 ** 20)} MiB; its quota is 2 GiB if nobody set another`,
      );
  }

  #say(notice: string): void {
    if (this.#said.has(notice)) return;
    this.#said.add(notice);
    this.#onNotice(notice);
  }
}

import { type CallOptions, EtcdError, type MemberLeases } from './cluster.ts';
import { decode, encode } from './codec.ts';
import { etcdErrorOf } from './grpc-errors.ts';
import type { LeaseTtl } from './messages.ts';

/** A stream of messages both ways, as far as it is used. */
interface Duplex {
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  write(bytes: Buffer): unknown;
  end(): unknown;
  cancel(): void;
}

export interface GrpcLeasesParts {
  readonly call: <Answer>(
    method: string,
    request: Buffer,
    read: (bytes: Uint8Array) => Answer,
    options: CallOptions,
  ) => Promise<Answer>;
  /** Opens a stream of keep-alives, which ends by itself when its time is over. */
  readonly keepAlives: (timeoutMs: number) => Promise<Duplex>;
}

/** So many keep-alives are answered by one stream, one after the other; the streams go side by side. */
const STREAM_LENGTH = 100;

/** The leases of a member, over gRPC. */
export class GrpcLeases implements MemberLeases {
  readonly #with: GrpcLeasesParts;

  constructor(parts: GrpcLeasesParts) {
    this.#with = parts;
  }

  async grant(id: string, ttlS: number, options: CallOptions): Promise<void> {
    await this.#with.call('Lease/LeaseGrant', encode.leaseGrant(id, ttlS), () => true, options);
  }

  revoke(id: string, options: CallOptions): Promise<number> {
    return this.#with.call(
      'Lease/LeaseRevoke',
      encode.leaseRevoke(id),
      decode.leaseRevoke,
      options,
    );
  }

  timeToLive(id: string, options: CallOptions): Promise<LeaseTtl> {
    const request = encode.leaseTimeToLive(id);
    return this.#with.call('Lease/LeaseTimeToLive', request, decode.leaseTimeToLive, options);
  }

  async keepAlive(ids: readonly string[], options: CallOptions): Promise<readonly LeaseTtl[]> {
    const streams: Promise<LeaseTtl[]>[] = [];
    for (let from = 0; from < ids.length; from += STREAM_LENGTH)
      streams.push(this.#keep(ids.slice(from, from + STREAM_LENGTH), options));
    return (await Promise.all(streams)).flat();
  }

  /** etcd has no other way than a stream, which is over here when all are answered. */
  async #keep(ids: readonly string[], { timeoutMs }: CallOptions): Promise<LeaseTtl[]> {
    const stream = await this.#with.keepAlives(timeoutMs);
    const kept: LeaseTtl[] = [];
    return new Promise((resolve, reject) => {
      // Whichever comes first; what comes after it does nothing.
      const fail = (error: EtcdError) => {
        stream.cancel();
        reject(error);
      };
      stream.on('error', (error) => fail(etcdErrorOf(error)));
      stream.on('end', () => fail(new EtcdError('unavailable', 'the member ended the stream')));
      stream.on('data', (bytes) => {
        kept.push(decode.leaseKeepAlive(bytes));
        if (kept.length < ids.length) return;
        resolve(kept);
        stream.end();
      });
      for (const id of ids) stream.write(encode.leaseKeepAlive(id));
    });
  }
}

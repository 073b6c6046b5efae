import type {
  LeaseTtl,
  MemberStatus,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchCreate,
  WatchResponse,
} from './messages.ts';

/** For how long an answer is waited for; then the call rejects with `deadline_exceeded`. */
export interface CallOptions {
  readonly timeoutMs: number;
}

export interface WatchHandlers {
  readonly onResponse: (response: WatchResponse) => void;
  /** Once, and nothing after it; not after `cancel`. */
  readonly onEnd: (error: EtcdError) => void;
}

/** A stream with one watch on it. */
export interface WatchStream {
  /** Asks the member to say that it is there: it answers where it has nothing else to say. */
  requestProgress(): void;
  /** Lets nothing more come for a while. */
  setPaused(isPaused: boolean): void;
  cancel(): void;
}

/** Leases, by their ids as decimal text. */
export interface MemberLeases {
  /** Rejects with `failed_precondition` where it is there. */
  grant(id: string, ttlS: number, options: CallOptions): Promise<void>;
  /** Resolves with the revision at which its keys went. Rejects with `not_found` where there is none. */
  revoke(id: string, options: CallOptions): Promise<number>;
  /** In the same order. */
  keepAlive(ids: readonly string[], options: CallOptions): Promise<readonly LeaseTtl[]>;
  timeToLive(id: string, options: CallOptions): Promise<LeaseTtl>;
}

/** One member of an etcd cluster. What fails rejects with an `EtcdError`. */
export interface EtcdMember {
  /** Its address, for messages. */
  readonly name: string;
  readonly leases: MemberLeases;
  /** Linearizable, unless it reads an old revision. */
  range(request: RangeRequest, options: CallOptions): Promise<RangeResponse>;
  txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse>;
  compact(revision: number, options: CallOptions): Promise<void>;
  /** What this member knows of itself; it may be behind the others. */
  status(options: CallOptions): Promise<MemberStatus>;
  watch(request: WatchCreate, handlers: WatchHandlers): WatchStream;
}

/** An etcd cluster as a gateway sees it: a real one by gRPC, or a model of one in a simulation. */
export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  close(): void;
}

/** The codes of gRPC that matter here; whatever else comes is `unknown`. */
export type EtcdErrorCode =
  | 'cancelled'
  | 'unknown'
  | 'invalid_argument'
  | 'deadline_exceeded'
  | 'not_found'
  | 'permission_denied'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'out_of_range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'unauthenticated';

/** What etcd, or the way to it, answered instead. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code: EtcdErrorCode;

  constructor(code: EtcdErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** History that was asked for is compacted. */
  get isCompacted(): boolean {
    return this.code === 'out_of_range' && this.message.includes('compacted');
  }

  /** The cluster's quota is spent. It answers so also for what it applied already (etcd #16659). */
  get isNoSpace(): boolean {
    return this.code === 'resource_exhausted' && this.message.includes('database space exceeded');
  }

  /** Who this is may not do that, or is not who it says. */
  get isUnauthorized(): boolean {
    return (
      this.code === 'permission_denied' ||
      this.code === 'unauthenticated' ||
      this.message.includes('authentication failed') ||
      this.message.includes('invalid auth token')
    );
  }

  /** What the member sent is more than is received. */
  get isAnswerTooLarge(): boolean {
    return this.message.includes('Received message larger than max');
  }

  get isTooLarge(): boolean {
    return (
      this.message.includes('request is too large') ||
      this.message.includes('too many operations') ||
      // Of the server, before it looked at the request; a client that cannot read an answer says it otherwise.
      this.message.includes('grpc: received message larger than max')
    );
  }

  /**
   * Whether a transaction that was answered so has certainly not been written, and never will be. Everything
   * else may have been: lost connections and late answers, but also most of what an applier says.
   */
  get isNotWritten(): boolean {
    switch (this.code) {
      case 'invalid_argument':
      case 'out_of_range':
      case 'permission_denied':
      case 'unauthenticated':
      case 'failed_precondition':
      case 'not_found':
      case 'unimplemented':
        return true;
      case 'resource_exhausted':
        return this.isTooLarge || this.message.includes('too many requests');
      case 'unavailable':
        // safeguard: lost-connection-leaves-a-doubt
        return this.message.includes('no leader');
      default:
        return false;
    }
  }
}

/** What an error says, of whatever kind it is. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

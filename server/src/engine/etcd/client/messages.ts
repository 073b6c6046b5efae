/**
 * etcd's messages as far as Confer uses them (`proto/etcd.proto`). Revisions, versions and counts are numbers: they
 * stay far below 2^53. Ids of clusters, members and leases use all 64 bits, so they are decimal text.
 */

export interface ResponseHeader {
  readonly clusterId: string;
  readonly memberId: string;
  /** The store's revision when it answered, also where an older one was read. */
  readonly revision: number;
  readonly raftTerm: number;
}

export interface KeyValue {
  readonly key: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly value: Uint8Array;
  /** `0`: none. */
  readonly lease: string;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  /** Exclusive; without it, the one key. */
  readonly rangeEnd?: Uint8Array;
  readonly limit?: number;
  /** Without it, the newest. */
  readonly revision?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export interface Compare {
  readonly key: Uint8Array;
  readonly target:
    | { readonly version: number }
    | { readonly createRevision: number }
    | { readonly modRevision: number }
    /** What its key goes with. */
    | { readonly lease: string };
}

export type RequestOp =
  | { readonly requestRange: RangeRequest }
  | {
      readonly requestPut: {
        readonly key: Uint8Array;
        readonly value: Uint8Array;
        readonly lease?: string;
      };
    }
  | { readonly requestDeleteRange: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array } }
  | { readonly requestTxn: TxnRequest };

export interface TxnRequest {
  /** All must be equal. */
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export type ResponseOp =
  | { readonly kind: 'range'; readonly kvs: readonly KeyValue[]; readonly count: number }
  | { readonly kind: 'put' }
  | { readonly kind: 'deleteRange'; readonly deleted: number }
  | {
      readonly kind: 'txn';
      readonly succeeded: boolean;
      readonly responses: readonly ResponseOp[];
    };

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface WatchCreate {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  /** Inclusive. */
  readonly startRevision: number;
  /**
   * What is large comes in pieces. To cut them costs etcd time with the square of the events: seconds for 15,000,
   * minutes for 100,000, and nothing comes meanwhile.
   */
  readonly fragment?: boolean;
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  /** Of a delete only key and `modRevision` are there. */
  readonly kv: KeyValue;
}

export interface WatchResponse {
  readonly header: ResponseHeader;
  /** -1: no answer of this watch, but of its stream. */
  readonly watchId: string;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Where it is not 0, history before it is gone, and the watch with it. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More of the same revision follows. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

/** What is left of a lease; not above 0: it is over. */
export interface LeaseTtl {
  readonly id: string;
  readonly ttlS: number;
}

export interface MemberStatus {
  readonly header: ResponseHeader;
  readonly version: string;
  readonly raftAppliedIndex: number;
  /** Bytes of the backend file, and what of them is in use. */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  /** Alarms among them. */
  readonly errors: readonly string[];
}

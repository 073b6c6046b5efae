import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type {
  Compare,
  KeyValue,
  LeaseTtl,
  MemberStatus,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  WatchCreate,
  WatchEvent,
  WatchResponse,
} from './messages.ts';

/**
 * What travels between Confer and etcd, to bytes and back. The only file that knows protobufjs; fields and their
 * numbers are in `proto/etcd.proto`. The library has no types for what a schema says, so that each message is
 * taken apart here by the names of its schema.
 */
const { root } = protobuf.parse(
  readFileSync(new URL('../../../../proto/etcd.proto', import.meta.url), 'utf8'),
);

const type = (name: string) => root.lookupType(`confer.etcd.${name}`);
const types = {
  rangeRequest: type('RangeRequest'),
  rangeResponse: type('RangeResponse'),
  txnRequest: type('TxnRequest'),
  txnResponse: type('TxnResponse'),
  compactionRequest: type('CompactionRequest'),
  watchRequest: type('WatchRequest'),
  watchResponse: type('WatchResponse'),
  event: type('Event'),
  authenticateRequest: type('AuthenticateRequest'),
  authenticateResponse: type('AuthenticateResponse'),
  statusRequest: type('StatusRequest'),
  statusResponse: type('StatusResponse'),
  leaseGrantRequest: type('LeaseGrantRequest'),
  leaseRevokeRequest: type('LeaseRevokeRequest'),
  leaseRevokeResponse: type('LeaseRevokeResponse'),
  leaseKeepAliveRequest: type('LeaseKeepAliveRequest'),
  leaseKeepAliveResponse: type('LeaseKeepAliveResponse'),
  leaseTimeToLiveRequest: type('LeaseTimeToLiveRequest'),
  leaseTimeToLiveResponse: type('LeaseTimeToLiveResponse'),
} as const;

export const encode = {
  range: (request: RangeRequest) => bytesOf(types.rangeRequest, request),
  txn: (request: TxnRequest) => bytesOf(types.txnRequest, rawTxn(request)),
  compaction: (revision: number) => bytesOf(types.compactionRequest, { revision }),
  watchCreate: (request: WatchCreate) =>
    bytesOf(types.watchRequest, { createRequest: { ...request, progressNotify: true } }),
  watchProgress: () => bytesOf(types.watchRequest, { progressRequest: {} }),
  authenticate: (request: { readonly name: string; readonly password: string }) =>
    bytesOf(types.authenticateRequest, request),
  status: () => bytesOf(types.statusRequest, {}),
  leaseGrant: (ID: string, TTL: number) => bytesOf(types.leaseGrantRequest, { ID, TTL }),
  leaseRevoke: (ID: string) => bytesOf(types.leaseRevokeRequest, { ID }),
  leaseKeepAlive: (ID: string) => bytesOf(types.leaseKeepAliveRequest, { ID }),
  leaseTimeToLive: (ID: string) => bytesOf(types.leaseTimeToLiveRequest, { ID }),
};

export const decode = {
  range(bytes: Uint8Array): RangeResponse {
    const { header, kvs, more, count } = fieldsOf(types.rangeResponse, bytes);
    return { header: headerOf(header), more, ...keysOf({ kvs, count }) };
  },
  txn(bytes: Uint8Array): TxnResponse {
    const { header, succeeded, responses } = fieldsOf(types.txnResponse, bytes);
    return { header: headerOf(header), succeeded, responses: responsesOf(responses) };
  },
  /** One response may hold a thousand commits, or one of a hundred thousand changes. */
  *watch(bytes: Uint8Array): CooperativeSteps<WatchResponse> {
    const raw = fieldsOf(types.watchResponse, bytes);
    return {
      header: headerOf(raw.header),
      watchId: raw.watchId,
      created: raw.created,
      canceled: raw.canceled,
      compactRevision: Number(raw.compactRevision),
      cancelReason: raw.cancelReason,
      fragment: raw.fragment,
      events: yield* eventsOf(raw.events),
    };
  },
  token: (bytes: Uint8Array): string => fieldsOf(types.authenticateResponse, bytes).token,
  status(bytes: Uint8Array): MemberStatus {
    const raw = fieldsOf(types.statusResponse, bytes);
    return {
      header: headerOf(raw.header),
      version: raw.version,
      raftAppliedIndex: Number(raw.raftAppliedIndex),
      dbSize: Number(raw.dbSize),
      dbSizeInUse: Number(raw.dbSizeInUse),
      errors: raw.errors,
    };
  },
  /** The revision at which its keys went. */
  leaseRevoke: (bytes: Uint8Array): number =>
    headerOf(fieldsOf(types.leaseRevokeResponse, bytes).header).revision,
  leaseKeepAlive: (bytes: Uint8Array): LeaseTtl => ttlOf(types.leaseKeepAliveResponse, bytes),
  leaseTimeToLive: (bytes: Uint8Array): LeaseTtl => ttlOf(types.leaseTimeToLiveResponse, bytes),
};

/** How many bytes a transaction is, as etcd counts them. */
export function sizeOf(request: TxnRequest): number {
  return encode.txn(request).length;
}

function bytesOf(schema: protobuf.Type, message: object): Buffer {
  return Buffer.from(schema.encode(schema.fromObject(message)).finish());
}

/** Each field is there. 64-bit numbers are decimal text, and enums their names. */
function fieldsOf(schema: protobuf.Type, bytes: Uint8Array) {
  const options = { defaults: true, longs: String, enums: String, oneofs: true };
  return schema.toObject(schema.decode(bytes), options);
}

function ttlOf(schema: protobuf.Type, bytes: Uint8Array): LeaseTtl {
  const { ID, TTL } = fieldsOf(schema, bytes);
  return { id: ID, ttlS: Number(TTL) };
}

interface RawHeader {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: string;
  readonly raftTerm: string;
}

interface RawKeyValue {
  readonly key: Uint8Array;
  readonly createRevision: string;
  readonly modRevision: string;
  readonly version: string;
  readonly value: Uint8Array;
  readonly lease: string;
}

interface RawKeys {
  readonly kvs: readonly RawKeyValue[];
  readonly count: string;
}

type RawResponseOp =
  | { readonly response: 'responseRange'; readonly responseRange: RawKeys }
  | { readonly response: 'responsePut' }
  | {
      readonly response: 'responseDeleteRange';
      readonly responseDeleteRange: { readonly deleted: string };
    }
  | {
      readonly response: 'responseTxn';
      readonly responseTxn: {
        readonly succeeded: boolean;
        readonly responses: readonly RawResponseOp[];
      };
    };

/** Some answers come without a header: those of a stream that ends, and those inside a transaction. */
function headerOf(raw: RawHeader | null): ResponseHeader {
  if (raw === null) return { clusterId: '0', memberId: '0', revision: 0, raftTerm: 0 };
  const { clusterId, memberId, revision, raftTerm } = raw;
  return { clusterId, memberId, revision: Number(revision), raftTerm: Number(raftTerm) };
}

function keyValueOf(raw: RawKeyValue): KeyValue {
  return {
    key: raw.key,
    createRevision: Number(raw.createRevision),
    modRevision: Number(raw.modRevision),
    version: Number(raw.version),
    value: raw.value,
    lease: raw.lease,
  };
}

function keysOf({ kvs, count }: RawKeys): Pick<RangeResponse, 'kvs' | 'count'> {
  return { kvs: kvs.map(keyValueOf), count: Number(count) };
}

function* eventsOf(events: readonly Uint8Array[]): CooperativeSteps<WatchEvent[]> {
  const pace = new TimeSlice();
  const read: WatchEvent[] = [];
  for (const bytes of events) {
    const { type, kv } = fieldsOf(types.event, bytes);
    read.push({ type: type === 'PUT' ? 'put' : 'delete', kv: keyValueOf(kv) });
    if (pace.isOver()) yield;
  }
  return read;
}

function responsesOf(raw: readonly RawResponseOp[]): ResponseOp[] {
  return raw.map(responseOf);
}

function responseOf(op: RawResponseOp): ResponseOp {
  switch (op.response) {
    case 'responseRange':
      return { kind: 'range', ...keysOf(op.responseRange) };
    case 'responsePut':
      return { kind: 'put' };
    case 'responseDeleteRange':
      return { kind: 'deleteRange', deleted: Number(op.responseDeleteRange.deleted) };
    case 'responseTxn':
      return {
        kind: 'txn',
        succeeded: op.responseTxn.succeeded,
        responses: responsesOf(op.responseTxn.responses),
      };
  }
}

function rawTxn({ compare, success, failure }: TxnRequest): object {
  return {
    compare: compare.map(({ key, target }) => ({
      result: 'EQUAL',
      target: targetOf(target),
      key,
      ...target,
    })),
    success: success.map(rawOp),
    failure: failure.map(rawOp),
  };
}

function targetOf(target: Compare['target']): string {
  if ('version' in target) return 'VERSION';
  if ('lease' in target) return 'LEASE';
  return 'createRevision' in target ? 'CREATE' : 'MOD';
}

function rawOp(op: RequestOp): object {
  return 'requestTxn' in op ? { requestTxn: rawTxn(op.requestTxn) } : op;
}

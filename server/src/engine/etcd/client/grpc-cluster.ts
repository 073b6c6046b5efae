import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import {
  type CallOptions,
  type EtcdCluster,
  EtcdError,
  type EtcdMember,
  type MemberLeases,
  type WatchHandlers,
  type WatchStream,
} from './cluster.ts';
import { decode, encode } from './codec.ts';
import { etcdErrorOf } from './grpc-errors.ts';
import { GrpcLeases } from './grpc-leases.ts';
import type {
  MemberStatus,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchCreate,
} from './messages.ts';
import { WatchReader } from './watch-reader.ts';

export interface ClusterOptions {
  /** Of the members, as `http://host:port` or `https://host:port`. */
  readonly endpoints: readonly string[];
  /** For `https`. PEM; without `ca`, the authorities that Node trusts. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  readonly user?: { readonly name: string; readonly password: string };
  /** Lets others in between, while something large is read. */
  readonly defer: (run: () => void) => void;
}

/** What a gateway missed comes in one piece, up to a thousand commits. Beyond this it asks for fragments. */
const RECEIVED_BYTES_MAX = 64 * 1024 * 1024;
/** What HTTP/2 lets be under way on the stream; its own default makes a far gateway catch up slowly. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Pings that come within 5 s of each other are answered with the end of the connection. */
const KEEPALIVE_MS = 10_000;
/** To judge a password takes a member long on purpose. */
const AUTHENTICATE_MS = 10_000;

/** A cluster over gRPC. The only file that knows the library. */
export function connectCluster(options: ClusterOptions): EtcdCluster {
  const members = options.endpoints.map((endpoint) => new GrpcMember(endpoint, options));
  const close = () => {
    for (const member of members) member.close();
  };
  return { members, close };
}

class GrpcMember implements EtcdMember {
  readonly name: string;
  readonly leases: MemberLeases;
  readonly #unary: Client;
  /** A connection of its own: on a shared one, large reads starve the watch (etcd #15402). */
  readonly #stream: Client;
  readonly #user: ClusterOptions['user'];
  readonly #defer: ClusterOptions['defer'];
  /** Of the user, as this member gave it. */
  #token: Promise<string> | undefined;

  constructor(endpoint: string, { tls = {}, user, defer }: ClusterOptions) {
    const { protocol, host } = new URL(endpoint);
    const { ca = null, key = null, cert = null } = tls;
    const secured = () => credentials.createSsl(ca, key, cert);
    const channel = protocol === 'https:' ? secured() : credentials.createInsecure();
    const settings = {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': RECEIVED_BYTES_MAX,
      'grpc-node.flow_control_window': WINDOW_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
      // Retries are decided where it is known what a call does.
      'grpc.enable_retries': 0,
      // A tenth of what a call costs, for numbers that nobody reads.
      'grpc.enable_channelz': 0,
      'grpc.service_config_disable_resolution': 1,
    };
    this.name = endpoint;
    this.#unary = new Client(host, channel, settings);
    this.#stream = new Client(host, channel, settings);
    this.#user = user;
    this.#defer = defer;
    this.leases = new GrpcLeases({
      call: (method, request, read, callOptions) => this.#call(method, request, read, callOptions),
      keepAlives: async (timeoutMs) =>
        this.#unary.makeBidiStreamRequest(
          '/etcdserverpb.Lease/LeaseKeepAlive',
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          await this.#metadata(),
          { deadline: Date.now() + timeoutMs },
        ),
    });
  }

  range(request: RangeRequest, options: CallOptions): Promise<RangeResponse> {
    return this.#call('KV/Range', encode.range(request), decode.range, options);
  }

  txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse> {
    return this.#call('KV/Txn', encode.txn(request), decode.txn, options);
  }

  async compact(revision: number, options: CallOptions): Promise<void> {
    await this.#call('KV/Compact', encode.compaction(revision), () => true, options);
  }

  status(options: CallOptions): Promise<MemberStatus> {
    return this.#call('Maintenance/Status', encode.status(), decode.status, options);
  }

  watch(request: WatchCreate, handlers: WatchHandlers): WatchStream {
    return new GrpcWatch(
      (metadata) =>
        this.#stream.makeBidiStreamRequest(
          '/etcdserverpb.Watch/Watch',
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          metadata,
        ),
      () => this.#metadata(),
      { request, handlers, forgetToken: () => this.#forgetToken(), defer: this.#defer },
    );
  }

  close(): void {
    this.#unary.close();
    this.#stream.close();
  }

  /** A token that the member does not know any more is asked for anew, once. */
  async #call<Answer>(
    method: string,
    request: Buffer,
    read: (bytes: Uint8Array) => Answer,
    options: CallOptions,
  ): Promise<Answer> {
    try {
      return await this.#ask(method, request, read, await this.#metadata(), options);
    } catch (error) {
      if (!isTokenLost(error) || this.#user === undefined) throw error;
      this.#forgetToken();
      return await this.#ask(method, request, read, await this.#metadata(), options);
    }
  }

  #ask<Answer>(
    method: string,
    request: Buffer,
    read: (bytes: Uint8Array) => Answer,
    metadata: Metadata,
    { timeoutMs }: CallOptions,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#unary.makeUnaryRequest(
        `/etcdserverpb.${method}`,
        (bytes: Buffer) => bytes,
        read,
        request,
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          if (error !== null) reject(etcdErrorOf(error));
          else if (answer === undefined) reject(new EtcdError('internal', 'an answer without one'));
          else resolve(answer);
        },
      );
    });
  }

  async #metadata(): Promise<Metadata> {
    const metadata = new Metadata();
    // A member without a leader says so at once, and ends a stream that has been without one.
    metadata.set('hasleader', 'true');
    if (this.#user === undefined) return metadata;
    this.#token ??= this.#authenticate(this.#user);
    metadata.set('token', await this.#token);
    return metadata;
  }

  #authenticate(user: { readonly name: string; readonly password: string }): Promise<string> {
    const token = this.#ask(
      'Auth/Authenticate',
      encode.authenticate(user),
      decode.token,
      new Metadata(),
      { timeoutMs: AUTHENTICATE_MS },
    );
    token.catch(() => this.#forgetToken());
    return token;
  }

  #forgetToken(): void {
    this.#token = undefined;
  }
}

type WatchCall = ClientDuplexStream<Buffer, Buffer>;

interface WatchOptions {
  readonly request: WatchCreate;
  readonly handlers: WatchHandlers;
  readonly forgetToken: () => void;
  readonly defer: (run: () => void) => void;
}

class GrpcWatch implements WatchStream {
  #stream: WatchCall | undefined;
  readonly #reader: WatchReader;
  #isOver = false;
  readonly #options: WatchOptions;

  constructor(
    open: (metadata: Metadata) => WatchCall,
    metadata: () => Promise<Metadata>,
    options: WatchOptions,
  ) {
    this.#options = options;
    this.#reader = new WatchReader({
      defer: options.defer,
      onResponse: options.handlers.onResponse,
      onGarbage: (problem) =>
        this.#end(new EtcdError('internal', `the member sent what is no answer: ${problem}`)),
    });
    metadata().then(
      (known) => this.#begin(open(known)),
      (error: unknown) => this.#end(etcdErrorOf(error)),
    );
  }

  requestProgress(): void {
    this.#stream?.write(encode.watchProgress());
  }

  setPaused(isPaused: boolean): void {
    if (isPaused) this.#stream?.pause();
    else this.#stream?.resume();
  }

  cancel(): void {
    this.#isOver = true;
    this.#reader.end();
    this.#stream?.cancel();
  }

  #begin(stream: WatchCall): void {
    this.#stream = stream;
    // It is told of being cancelled, too, and an error without a listener ends the process.
    stream.on('error', (error) => this.#end(etcdErrorOf(error)));
    stream.on('end', () => this.#end(new EtcdError('unavailable', 'the member ended the watch')));
    if (this.#isOver) {
      stream.cancel();
      return;
    }
    stream.on('data', (bytes: Buffer) => this.#reader.take(bytes));
    stream.write(encode.watchCreate(this.#options.request));
  }

  #end(error: EtcdError): void {
    if (this.#isOver) return;
    this.cancel();
    if (isTokenLost(error)) this.#options.forgetToken();
    this.#options.handlers.onEnd(error);
  }
}

function isTokenLost(error: unknown): boolean {
  return error instanceof EtcdError && error.message.includes('invalid auth token');
}

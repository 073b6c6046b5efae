import type { ClientErrorCode } from '../errors.ts';
import { messageOf } from '../make-error.ts';
import type { Socket, SocketHandlers } from './socket.ts';

/** One WebSocket of whatever implementation, after its construction: what an adapter drives. */
export interface RawSocket {
  send(frame: string): void;
  close(code: number, reason: string): void;
  /** Lets go of a socket whose other side does not answer; no event of it is awaited. */
  abandon(): void;
}

type Phase =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly kind: 'closed' };

/** How long the other side has to agree to a close; implementations wait up to half a minute. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A close frame's 125 bytes without the code. Implementations throw at a longer reason. */
const REASON_BYTES_MAX = 123;

/** A server closes a frame at 256 KiB and one change more, which is 13 MiB at most. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** What a socket is told to have ended with when no close frame was seen (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;
const UNSUPPORTED_DATA = 1003;
const TOO_LARGE = 1009;

/** Adapts an implementation to `Socket`: the rules that do not depend on which one it is. */
export class SocketAdapter implements Socket {
  readonly #raw: RawSocket;
  readonly #handlers: SocketHandlers;
  #phase: Phase = { kind: 'connecting' };

  constructor(raw: RawSocket, handlers: SocketHandlers) {
    this.#raw = raw;
    this.#handlers = handlers;
  }

  send(frame: string): void {
    if (this.#phase.kind === 'open') this.#raw.send(frame);
  }

  close(code: number, reason: string): void {
    if (this.#phase.kind !== 'connecting' && this.#phase.kind !== 'open') return;
    const timer = setTimeout(() => {
      this.#raw.abandon();
      this.closed(ABNORMAL, 'the other side did not answer the close');
    }, CLOSE_TIMEOUT_MS);
    this.#become({ kind: 'closing', timer });
    this.#raw.close(code, cutReason(reason));
  }

  opened(): void {
    if (this.#phase.kind !== 'connecting') return;
    this.#become({ kind: 'open' });
    this.#handlers.onOpen();
  }

  /** What a browser receives has no limit, so that it is looked at here again. */
  received(frame: string): void {
    if (this.#phase.kind !== 'open') return;
    if (frame.length <= FRAME_BYTES_MAX) this.#handlers.onMessage(frame);
    else this.close(TOO_LARGE, 'a frame is at most 64 MiB');
  }

  receivedBinary(): void {
    this.close(UNSUPPORTED_DATA, 'the protocol has no binary frames');
  }

  /** The attempt came to nothing. Of an open connection only `closed` knows how it ended. */
  failed(): void {
    if (this.#phase.kind !== 'open') this.closed(ABNORMAL, '');
  }

  closed(code: number, reason: string, refused?: ClientErrorCode): void {
    const last = this.#phase.kind;
    if (last === 'closed') return;
    this.#become({ kind: 'closed' });
    this.#handlers.onClose(code, reason || (code === ABNORMAL ? whyLost(last) : ''), refused);
  }

  /** The only door from one phase to another. */
  #become(next: Phase): void {
    if (this.#phase.kind === 'closing') clearTimeout(this.#phase.timer);
    this.#phase = next;
  }
}

/** A socket that could not even be made. It tells so later, when its owner has it in hand. */
export function failedSocket(error: unknown, { onClose }: SocketHandlers): Socket {
  queueMicrotask(() => onClose(ABNORMAL, messageOf(error)));
  return { send() {}, close() {} };
}

function whyLost(last: Exclude<Phase['kind'], 'closed'>): string {
  if (last === 'connecting') return 'could not connect';
  return last === 'open' ? 'the connection was lost' : 'the connection was closed';
}

/** Cuts between code points, so that the other side gets valid UTF-8. */
function cutReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES_MAX));
  return reason.slice(0, read);
}

import { socketsMax } from './descriptors.ts';
import { StartError } from './errors.ts';
import type { Log } from './log.ts';
import type { StrangersLimits } from './transport/doorway.ts';

/** Ten thousand processes may use one server with room to spare; more should say so. */
const CONNECTIONS_MAX = 50_000;
/**
 * A storm of clients that come back is accepted faster than their requests are read: all ten thousand
 * at once have come in before the first is answered. Each holds a file descriptor for ten seconds at most.
 */
const HANDSHAKES_MAX = 16_384;
/** So many descriptors are kept for handshakes, or this part of them where there are few. */
const HANDSHAKES_KEPT = 4_096;
const HANDSHAKES_SHARE = 1 / 4;

/**
 * Each may have 64 KiB of a frame in memory that nobody has asked for, and a descriptor: this bounds that to 16 MiB, and
 * to a quarter from one network, in which a thousand programs may be.
 */
const STRANGERS: StrangersLimits = { strangersMax: 256, strangersOfNetworkMax: 64 };
/** Where nobody is asked who he is, saying it bounds nothing. */
const ANYBODY: StrangersLimits = {
  strangersMax: Number.POSITIVE_INFINITY,
  strangersOfNetworkMax: Number.POSITIVE_INFINITY,
};

export interface Admission extends StrangersLimits {
  /** WebSockets at once, those included that wait for the peer's close. */
  readonly connectionsMax: number;
  /** Connections that are not yet, or will never be, WebSockets. */
  readonly handshakesMax: number;
  /** Both together: handshakes may have what the WebSockets leave. */
  readonly socketsMax: number;
}

export interface AdmissionOptions {
  readonly connectionsMax?: number | undefined;
  readonly isAuthOn: boolean;
}

/**
 * How many connections a server takes. Never more than the process has descriptors for: without one
 * the listener can neither accept nor refuse, and uWebSockets.js spins.
 */
export function admissionOf(
  { connectionsMax: asked, isAuthOn }: AdmissionOptions,
  log: Log,
  sockets: number = socketsMax() ?? Number.POSITIVE_INFINITY,
): Admission {
  if (asked !== undefined && !(Number.isSafeInteger(asked) && asked >= 1))
    throw new StartError('invalid', `connectionsMax is a whole number from 1, not ${asked}`);
  const kept = Math.min(HANDSHAKES_KEPT, Math.floor(sockets * HANDSHAKES_SHARE));
  const connectionsMax = Math.min(asked ?? CONNECTIONS_MAX, sockets - kept);
  if (connectionsMax < (asked ?? 0))
    log('warn', 'the limit of open files allows fewer connections than connectionsMax', {
      connectionsMax,
    });
  const strangers = isAuthOn ? STRANGERS : ANYBODY;
  return { connectionsMax, handshakesMax: HANDSHAKES_MAX, socketsMax: sockets, ...strangers };
}

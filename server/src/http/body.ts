import { ProtocolError, times } from '@confer/shared';
import type { Exchange } from '../transport/exchange.ts';
import { saidBytes } from '../transport/request-head.ts';
import { Gone } from './gone.ts';
import type { HttpService } from './http-service.ts';
import { inTurn } from './in-turn.ts';

/** The same time as a message has that comes in pieces over a WebSocket. */
const WHOLE_WITHIN_MS = times.frameBeatsMax * times.heartbeatMs;

/** What the body of a request may be. */
export interface BodyRules {
  readonly bytesMax: number;
  /** Told of, once, when the other side goes. */
  readonly onGone: (told: () => void) => void;
}

/**
 * Reads the body of a request, and makes of its text what is wanted, in a turn that has time for it: one of eight
 * megabytes takes some ten milliseconds. Rejects where it is too long, too late, or no UTF-8.
 */
export function readBody<Result>(
  exchange: Exchange,
  { bytesMax, onGone, of }: BodyRules & { readonly of: (text: string) => Result },
  service: HttpService,
): Promise<Result> {
  // Every body says its length, or the gate has not let it in.
  const announced = saidBytes(exchange.head);
  // safeguard: body-is-not-read-where-it-is-too-long
  if (announced > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return new Promise((resolve, reject) => {
    const timer = service.clock.setTimer(WHOLE_WITHIN_MS, () =>
      reject(new ProtocolError('silent', 'the body did not come in time')),
    );
    onGone(() => {
      timer.cancel();
      reject(new Gone());
    });
    exchange.readBody(bytesMax, (body) => {
      timer.cancel();
      inTurn(service, () => {
        try {
          resolve(of(textOf(body)));
        } catch (error) {
          reject(error);
        }
      });
    });
  });
}

function tooLarge(bytesMax: number): ProtocolError {
  return new ProtocolError('too_large', `a body has at most ${bytesMax} bytes here`);
}

function textOf(body: Uint8Array): string {
  try {
    // A byte order mark is part of a value.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new ProtocolError('invalid_value', 'a body is UTF-8');
  }
}

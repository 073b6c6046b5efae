import type { Clock, Timer } from '@confer/shared';
import type { OpenSocket, Socket } from '../../../client/src/sockets/socket.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { ReaderHandlers, Requested } from './http-reader.ts';

/** A reader that hears nothing at all for three heartbeats takes its connection for lost. */
const SILENT_MS = 30_000;

/** One request of HTTP over the simulated network, by somebody who knows HTTP and no more. */
export class ReaderLink {
  #socket: Socket | undefined;
  #silence: Timer | undefined;
  #isOver = false;

  constructor(
    open: OpenSocket,
    clock: Clock,
    request: Requested,
    handlers: ReaderHandlers,
    random: SeededRandom,
  ) {
    /** Of the body, what has not come; undefined before the head, and where nobody says how much it is. */
    let bytesLeft: number | undefined;
    let hasHead = false;
    /** Half of them break by themselves: in the head, amid an event, or between the frames of a commit. */
    let piecesLeft = random.chance(0.5) ? random.int(1, random.pick([5, 50, 300])) : Infinity;
    const end = (isWhole: boolean) => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#silence?.cancel();
      handlers.onEnd(isWhole);
    };
    const heard = () => {
      this.#silence?.cancel();
      this.#silence = clock.setTimer(SILENT_MS, () => {
        this.#socket?.close(1000, '');
        end(false);
      });
    };
    heard();
    this.#socket = open('http://server', {
      onOpen: () => this.#socket?.send(JSON.stringify(request)),
      onMessage: (frame) => {
        if (this.#isOver) return;
        piecesLeft -= 1;
        if (piecesLeft < 0) {
          this.#socket?.close(1000, '');
          end(false);
          return;
        }
        heard();
        if (hasHead) {
          const bytes = Buffer.from(frame, 'latin1');
          if (bytesLeft !== undefined) bytesLeft -= bytes.length;
          handlers.onBytes(bytes);
        } else {
          hasHead = true;
          const { status, headers } = JSON.parse(frame);
          const length = headers['content-length'];
          if (length !== undefined) bytesLeft = Number(length);
          handlers.onHead(status, headers);
        }
      },
      onClose: () => end(bytesLeft === 0),
    });
  }
}

import { ProtocolError } from '@confer/shared';
import type { WriteRequest } from '../../../server/src/engine/engine.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { GatewayHost } from './gateway-host.ts';
import type { Answer, Requests } from './judges/requests.ts';
import { pause } from './pause.ts';
import { randomWrite } from './random-writes.ts';

export interface WriterOptions {
  readonly name: string;
  /** The first one is asked first. */
  readonly gateways: readonly GatewayHost[];
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** How many entries there are that come and go together. */
  readonly many: number;
  /** Some of what it writes are transactions. */
  readonly areTxns: boolean;
  readonly requests: Requests;
  readonly onProblem: (problem: string) => void;
}

const TRIES_MAX = 4;
/** What says nothing against the write itself. */
const AGAIN: readonly string[] = ['unavailable', 'outcome_unknown'];
/** What a write may be refused with. */
const REFUSALS: readonly string[] = [
  ...AGAIN,
  ...['conflict', 'compacted', 'future_revision', 'storage_full'],
];

/** Writes one thing after the other, each until somebody says what became of it, through whichever gateway answers. */
export class Writer {
  readonly #options: WriterOptions;
  #isStopping = false;
  #count = 0;
  /** Resolves when nothing of it runs any more. */
  readonly stopped: Promise<void>;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.stopped = this.#run();
  }

  /** Once more, in peace: it must be made, and whatever was wrong is seen to be over. */
  async writeInPeace(): Promise<void> {
    const gateway = this.#options.gateways[0];
    const requestId = `${this.#options.name}-last`;
    const request: WriteRequest = {
      operations: [{ type: 'put', path: '/last', value: requestId }],
      conditions: [],
      actor: this.#options.name,
      note: requestId,
      requestId,
    };
    if (gateway === undefined || !(await this.#try(gateway, request)))
      this.#options.onProblem(`S1 ${requestId} is not made, though nothing is wrong any more`);
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    while (!this.#isStopping) {
      await pause(clock, random.chance(0.2) ? random.int(0, 3_000) : random.int(10, 800));
      await this.#write();
    }
  }

  async #write(): Promise<void> {
    const { name, gateways, random } = this.#options;
    const reads = gateways[0]?.current?.engine.reads;
    if (reads === undefined) return;
    const requestId = `${name}-${++this.#count}`;
    const request: WriteRequest = {
      ...randomWrite(this.#options, reads, requestId),
      actor: name,
      note: requestId,
      requestId,
    };
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const gateway = tries === 0 ? gateways[0] : random.pick(gateways);
      if (gateway !== undefined && (await this.#try(gateway, request))) return;
      await pause(this.#options.clock, random.int(1, 1_000));
    }
  }

  /** Whether there is nothing more to ask. */
  async #try(gateway: GatewayHost, request: WriteRequest): Promise<boolean> {
    const { clock, requests } = this.#options;
    const live = gateway.current;
    if (live === undefined) return false;
    const end = requests.begin(request, live, clock.now());
    const answer = await Promise.race([
      live.engine.writes.commit(request).then(
        (outcome): Answer => ({ kind: 'made', outcome }),
        (error: unknown): Answer => this.#failed(error),
      ),
      live.killed.then((): Answer => ({ kind: 'unknown' })),
    ]);
    end(answer, clock.now());
    const { revision } = live.engine.reads;
    if (answer.kind === 'made' && answer.outcome.revision > revision)
      this.#options.onProblem(
        `W12 ${request.requestId} is answered at ${revision}, before it is shown`,
      );
    if (answer.kind === 'refused') return !AGAIN.includes(answer.code);
    return answer.kind === 'made';
  }

  #failed(error: unknown): Answer {
    if (!(error instanceof ProtocolError)) {
      this.#options.onProblem(`a write threw ${String(error)}`);
      return { kind: 'unknown' };
    }
    if (error.code === 'outcome_unknown') return { kind: 'unknown' };
    if (!REFUSALS.includes(error.code))
      this.#options.onProblem(`a write was refused: ${error.code} ${error.message}`);
    return { kind: 'refused', code: error.code };
  }
}

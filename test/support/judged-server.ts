import { decodeUp, type Operation, type TxnOperation, type UpMessage } from '@confer/shared';
import type { Client, ClientOptions } from '../../client/src/api.ts';
import { createClient } from '../../client/src/client.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import type { ModelWrite } from '../model/model.ts';
import { OperationHistory } from '../simulation/operation-history.ts';
import { ServerHost, type ServerHostOptions } from '../simulation/server-host.ts';
import { WireJudge } from '../validate/wire.ts';
import { Network, type NetworkOptions } from './network.ts';

type Circumstances = Pick<NetworkOptions, 'latencyMaxMs' | 'windowBytes' | 'onOpen'> &
  Pick<ServerHostOptions, 'diskMaxMs' | 'busyMaxMs' | 'newStore' | 'faults'>;

export interface JudgedServerOptions extends Circumstances {
  /** That of the network, and, if they differ, of the server. */
  readonly random: SeededRandom;
  readonly serverRandom?: SeededRandom;
  /** Who sends what no client does: what comes of that is for the test to judge. */
  readonly isHostile?: (owner: string) => boolean;
  /** Sees every frame that the server sends. */
  readonly onServerFrame?: NetworkOptions['onServerFrame'];
}

/** A server on a virtual clock and network; every commit of it is judged, and every frame that it sends. */
export class JudgedServer {
  readonly clock = new VirtualClock();
  readonly operationHistory = new OperationHistory();
  readonly network: Network;
  readonly server: ServerHost;
  /** What was wrong with the frames, and whatever else a test adds. */
  readonly problems: string[] = [];
  readonly #options: JudgedServerOptions;
  readonly #writes = new Map<string, ModelWrite>();
  #ids = 0;

  constructor(options: JudgedServerOptions) {
    this.#options = options;
    const { clock, operationHistory } = this;
    const { random, serverRandom = random, isHostile = () => false } = options;
    this.network = new Network({
      ...options,
      clock,
      onClientFrame: (frame, link) => {
        if (isHostile(link.owner)) this.#takeFromHostile(frame);
        else this.#take(wire.up(frame, link));
      },
      onServerFrame: (frame, link, isFull) => {
        if (!isHostile(link.owner)) wire.down(frame, link, isFull);
        options.onServerFrame?.(frame, link, isFull);
      },
    });
    this.server = new ServerHost({
      ...options,
      clock,
      operationHistory,
      random: serverRandom,
      network: this.network,
      writes: this.#writes,
    });
    const wire = new WireJudge({
      histories: this.server,
      compactedRevision: () => this.server.compactedRevision,
      onProblem: (problem) => this.problems.push(problem),
    });
  }

  /** A client whose errors are problems, if nothing else is said. */
  client(name: string, options: ClientOptions = {}): Client {
    return createClient(
      ['http://server'],
      { onError: (error) => this.problems.push(`${name} reports ${String(error)}`), ...options },
      {
        openSocket: this.network.opener(name),
        clock: this.clock,
        uptimeMs: () => this.clock.elapsedMs,
        random: this.#options.random.next,
        newId: () => {
          const id = `${name}-${++this.#ids}`;
          this.operationHistory.requestIds.add(id);
          return id;
        },
      },
    );
  }

  #take(message: UpMessage | undefined): void {
    if (message?.type === 'commit') this.#writes.set(message.requestId, message);
    if (message?.type === 'txn')
      this.#writes.set(message.requestId, {
        conditions: message.if,
        operations: message.then.filter(isWrite),
        otherwise: (message.else ?? []).filter(isWrite),
      });
  }

  #takeFromHostile(frame: string): void {
    const decoded = decodeUp(frame);
    if (!decoded.ok) return;
    this.#take(decoded.message);
    if ('requestId' in decoded.message)
      this.operationHistory.requestIds.add(decoded.message.requestId);
  }
}

function isWrite(operation: TxnOperation): operation is Operation {
  return operation.type === 'put' || operation.type === 'delete';
}

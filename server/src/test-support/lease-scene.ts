import type { DownMessage, UpMessage } from '@confer/shared';
import { RawClient } from './raw-client.ts';
import { type Scene, startCore } from './scene.ts';

type Request = Extract<UpMessage, { id: number }>;
type Reply = Extract<DownMessage, { id: number }>;

/** A core, and a client that holds leases. */
export class LeaseScene {
  readonly scene: Scene;
  readonly client: RawClient;
  #ids = 0;

  private constructor(scene: Scene) {
    this.scene = scene;
    this.client = RawClient.open(scene.core);
  }

  static async start(options: Parameters<typeof startCore>[0] = {}): Promise<LeaseScene> {
    const scene = await startCore(options);
    await scene.settle();
    return new LeaseScene(scene);
  }

  async ask(request: (id: number) => Request, client = this.client): Promise<Reply> {
    const id = ++this.#ids;
    client.send(request(id));
    await this.scene.settle();
    return this.replyTo(id, client);
  }

  replyTo(id: number, client = this.client): Reply {
    for (const message of client.received) if ('id' in message && message.id === id) return message;
    throw new Error(`no reply to ${id}`);
  }

  async grant(ttlMs = 10_000, requestId = `grant-${this.#ids}`): Promise<string> {
    const reply = await this.ask((id) => ({ type: 'grantLease', id, requestId, ttlMs }));
    if (reply.type !== 'leases') throw new Error(JSON.stringify(reply));
    return reply.leases[0]?.lease ?? '';
  }

  put(path: string, lease?: string, requestId = `put-${this.#ids}`): Promise<Reply> {
    const put = {
      type: 'put',
      path,
      value: '1',
      ...(lease === undefined ? {} : { lease }),
    } as const;
    return this.ask((id) => ({ type: 'commit', id, requestId, operations: [put] }));
  }

  /** Whether a lease was kept alive. */
  async keepAlive(lease: string): Promise<boolean> {
    const reply = await this.ask((id) => ({ type: 'keepAlive', id, leases: [lease] }));
    if (reply.type !== 'leases') throw new Error(JSON.stringify(reply));
    return reply.leases.length > 0;
  }

  revoke(lease: string, requestId = `revoke-${this.#ids}`): Promise<Reply> {
    return this.ask((id) => ({ type: 'revokeLease', id, requestId, lease }));
  }

  /** Time passes, and what is due is done. */
  async pass(ms: number): Promise<void> {
    await this.scene.settle();
    await this.scene.clock.advance(ms);
    await this.scene.settle();
  }

  holds(path: string): boolean {
    return this.scene.engine.reads.get(path) !== undefined;
  }
}

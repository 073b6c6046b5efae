import { type DownMessage, decodeDown } from '@confer/shared';
import { EventStream, type ServerEvent } from '../../../shared/src/test-support/event-stream.ts';
import type { HttpScene } from './http-scene.ts';
import type { MemoryExchange } from './memory-exchange.ts';

/** A reader of the events of one watch, without a network: it reads when the test says so. */
export class EventWatch {
  readonly exchange: MemoryExchange;
  readonly events: ServerEvent[] = [];
  readonly source: EventStream;
  #read = 0;

  constructor(
    http: Pick<HttpScene, 'begin'>,
    target: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    const last = headers['last-event-id'] ?? '';
    this.source = new EventStream((event) => this.events.push(event), last);
    this.exchange = http.begin({ target, headers });
  }

  /** Reads what was written since; the events that were made of that. */
  read(): readonly ServerEvent[] {
    const { bytes } = this.exchange;
    const before = this.events.length;
    this.source.take(bytes.subarray(this.#read));
    this.#read = bytes.length;
    return this.events.slice(before);
  }

  get types(): readonly string[] {
    this.read();
    return this.events.map(({ type }) => type);
  }

  /** The revision of the last id. */
  get revision(): number {
    this.read();
    return Number(this.source.lastEventId.split('.')[1] ?? Number.NaN);
  }

  /** Takes the oldest event, which must be of this type. */
  take<Type extends DownMessage['type']>(type: Type): Extract<DownMessage, { type: Type }> {
    this.read();
    const event = this.events.shift();
    const decoded = decodeDown(event?.data ?? '');
    if (!decoded.ok || !isOfType(decoded.message, type))
      throw new Error(`${JSON.stringify(event)} came, ${type} was expected`);
    return decoded.message;
  }
}

function isOfType<Type extends DownMessage['type']>(
  message: DownMessage,
  type: Type,
): message is Extract<DownMessage, { type: Type }> {
  return message.type === type;
}

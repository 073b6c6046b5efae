/** What a change is written to: one key in a subtree. Each system has its own way to name it. */
export interface Address {
  readonly subtree: string;
  readonly key: string;
}

export interface Subscriber {
  /** From then on, every change arrives. */
  readonly ready: Promise<void>;
  stall(): void;
  resume(): void;
  close(): void;
}

/** One connection that writes. Its addresses are known beforehand, so that requests are built once. */
export interface Writer {
  readonly ready: Promise<void>;
  /** Asks for a write to the address of that number; one of an address at a time. */
  put(address: number, sequence: number): void;
  /** Sends what was asked for, all at once. */
  flush(): void;
  close(): void;
}

export interface WriterOptions {
  readonly port: number;
  readonly addresses: readonly Address[];
  readonly valueBytes: number;
  /** Once for each write, when the system says that it is done. */
  readonly onAck: () => void;
}

export interface SubscriberOptions {
  readonly port: number;
  readonly subtree: string;
  /** Once for each change, with the number in its value, or 0 where changes carry no value. */
  readonly onChange: (sequence: number) => void;
}

/** How load is put on one system. */
export interface Driver {
  /** Whether the changes of one connection arrive in the order in which it wrote them. */
  readonly isOrdered: boolean;
  readonly carriesValue: boolean;
  /** What a server needs once, before anything else. */
  prepare?(port: number): Promise<void>;
  subscribe(options: SubscriberOptions): Subscriber;
  /** Writes that subscribers are told of. */
  publisher(options: WriterOptions): Writer;
  /** Writes that are kept; absent where nothing is. */
  writer?(options: WriterOptions): Writer;
}

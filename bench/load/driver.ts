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
  /** Once for each change, with the number in its value. */
  readonly onChange: (sequence: number) => void;
}

/** How load is put on one system. */
export interface Driver {
  /** Whether the changes of one connection arrive in the order in which it wrote them. */
  readonly isOrdered: boolean;
  subscribe(options: SubscriberOptions): Subscriber;
  /** Writes that subscribers are told of. */
  publisher(options: WriterOptions): Writer;
  /** Writes that are kept; absent where nothing is. */
  writer?(options: WriterOptions): Writer;
  /** Absent where nothing is kept to be read. */
  readonly store?: Store;
  /** Absent where a write cannot depend on what is there. */
  contend?(options: ContendOptions): Contender;
}

export interface ContendOptions {
  readonly port: number;
  readonly address: Address;
  /** With the number that was written, or `undefined` where another was there first. */
  readonly onDone: (won: number | undefined) => void;
}

/** One of many who count one counter up, each on a connection of its own. */
export interface Contender {
  readonly ready: Promise<void>;
  /** Writes one more than what it last knew to be there, if that is still there. */
  attempt(): void;
  close(): void;
}

/** How far a reader has come. */
export interface Place {
  readonly epoch: string;
  readonly revision: number;
}

export interface ReaderOptions {
  readonly port: number;
  readonly subtree: string;
  /** How many entries, or changes after `after`, there are to be read. */
  readonly expected: number;
  readonly after?: Place;
}

/** What came until the reader had all of it and was told of changes. */
export interface Synced {
  readonly entries: number;
  /** Of the numbers in the values. */
  readonly sum: number;
  readonly bytes: number;
  readonly place: Place;
}

/** One that wants to have all of a subtree, and then what changes. */
export interface Reader {
  readonly synced: Promise<Synced>;
  close(): void;
}

/** How much there is of a subtree that is filled: entry `i` is at `keyOf(i)` and has the number `i`. */
export interface FillOptions {
  readonly port: number;
  readonly subtree: string;
  readonly entries: number;
  readonly valueBytes: number;
}

export interface Store {
  /** Whether a reader that was away can go on from its place. */
  readonly resumes: boolean;
  fill(options: FillOptions): Promise<void>;
  read(options: ReaderOptions): Reader;
}

const KEY_DIGITS = 7;

/** In the order of the numbers, which start at 1. */
export function keyOf(number: number): string {
  return `k${String(number).padStart(KEY_DIGITS, '0')}`;
}

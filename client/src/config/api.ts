import type { WaitOptions } from '../api.ts';
import type { MirrorStatus, MirrorStatusChange } from '../status.ts';
import type { ConfigError } from './config-error.ts';

/**
 * What validates: any schema of a library that keeps to Standard Schema (zod, valibot, arktype, ...). These are
 * its types, as https://standardschema.dev/schema has them, so that nobody needs to install them.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema makes of what it is given. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output'];

/** Where values may come from, the first that has one wins: see `docs/applications.md`. */
export type ConfigSource = 'override' | 'server' | 'snapshot' | 'bootstrap' | 'defaults';

/** Which source may answer where the server does not. */
export type Fallback = Exclude<ConfigSource, 'override'>;

export interface ReadyOptions extends WaitOptions {
  /**
   * What will do. With others than `server`, the best of them is taken once an attempt to connect has failed, or
   * the time is over. Default: `server` alone. Who is refused by the server is told so, whatever this says.
   */
  readonly accept?: readonly Fallback[];
}

/** What `ready` came to. */
export interface Ready {
  readonly source: Fallback;
  /** Of the server, or of the snapshot. */
  readonly revision: number | undefined;
}

export interface ConfigOptions {
  /** Values below all that the subtrees hold. */
  readonly defaults?: unknown;
  /** Values for a start without a server and without a snapshot: what a page or a package brought along. */
  readonly bootstrap?: unknown;
  /** More subtrees, each of which wins over those before it and over the first one: `base`, `service`, `instance`. */
  readonly layers?: readonly string[];
  /** Changes wait until none came for `minMs`, and no longer than `maxMs`. Default: each commit at once. */
  readonly debounce?: { readonly minMs: number; readonly maxMs: number };
  readonly signal?: AbortSignal;
}

/** One key that differs between two objects. */
export interface ConfigDifference {
  readonly key: string;
  readonly type: 'added' | 'removed' | 'changed';
  readonly next: unknown;
  readonly previous: unknown;
}

/** Who says what a key is, the winner first. */
export interface Explanation {
  readonly key: string;
  readonly value: unknown;
  readonly from: readonly {
    readonly source: ConfigSource;
    /** The subtree, for `server` and `snapshot`; the file, for `override`. */
    readonly at: string | undefined;
    /** As the source has it. */
    readonly value: unknown;
    readonly revision: number | undefined;
  }[];
}

export interface ConfigEvents {
  /** A revision was refused, for other reasons than the last one. */
  error: ConfigError;
  status: MirrorStatusChange;
}

/** A subtree as one object that a schema has judged: always the last good one, swapped once a commit. */
export interface Config<Value> {
  readonly path: string;
  /** The last good object, frozen through and through; throws before there is one. */
  readonly current: Value;
  /** The same, or `undefined` before there is one. */
  getSnapshot(): Value | undefined;
  /** Of the newest state that was judged good. */
  readonly revision: number | undefined;
  readonly source: Fallback | undefined;
  readonly status: MirrorStatus;
  readonly staleSince: number | undefined;
  /** Of the newest revision, where that was refused. */
  readonly error: ConfigError | undefined;
  ready(options?: ReadyOptions): Promise<Ready>;
  /** Called once a swap, not for the initial object. Returns the unsubscriber. */
  onChange(
    listener: (next: Value, previous: Value, difference: readonly ConfigDifference[]) => void,
  ): () => void;
  /** Called when what `select` makes of the object differs (`Object.is`). Parts that did not change are the same. */
  select<Part>(
    select: (value: Value) => Part,
    listener: (next: Part, previous: Part) => void,
  ): () => void;
  /** Who says what `pool.max` is. Throws `rejected` where two paths stand for one key, so that nobody can say. */
  explain(key: string): Explanation;
  on<Name extends keyof ConfigEvents>(
    event: Name,
    listener: (event: ConfigEvents[Name]) => void,
  ): () => void;
  /** For UI frameworks: calls back after each swap, error or status. */
  subscribe(callback: () => void): () => void;
  close(): void;
}

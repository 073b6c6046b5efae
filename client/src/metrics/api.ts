/** One metric, with what it says now. */
export interface ClientMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

export interface ClientMetrics {
  /** All of them as they are now, for whatever library tells them on. */
  read(): readonly ClientMetric[];
  /** The same as lines in the text format of Prometheus (0.0.4), to be a page or to stand in one. */
  text(): string;
  /** Lets go of the client and its configurations. What was counted by then stays. */
  stop(): void;
}

/** What is looked at of a typed configuration: any `config()` fits. */
export interface WatchedConfig {
  /** Of the newest revision, where that was refused. */
  readonly error: unknown;
  on(event: 'error', listener: () => void): () => void;
}

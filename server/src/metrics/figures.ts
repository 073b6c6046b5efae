import type { HistogramReading } from '../histogram.ts';
import type { Measures } from '../measures.ts';

/** What a server has counted and measured, and how it is now: all that a page of metrics is made of. */
export interface Figures {
  readonly build: {
    readonly version: string;
    readonly node: string;
    readonly engine: string;
    readonly transport: string;
  };
  readonly readiness: 'ready' | 'degraded' | 'down';
  readonly isDraining: boolean;
  /** Connections that have neither become WebSockets nor a request under way. */
  readonly handshakes: number;
  /** By the names of `Counter`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly measures: Measures;
  readonly core: CoreFigures;
  /** Bytes by what they are; `undefined` where nothing is kept on a disk of this machine. */
  readonly disk: DiskBytes | undefined;
  /** When the certificate ends, in ms since the Unix epoch; `undefined` without TLS. */
  readonly certificateExpiresAt: number | undefined;
  readonly process: ProcessFigures;
}

/** How the storage is, and for how long it has been so. */
export interface StorageCondition {
  readonly kind: 'well' | 'behind' | 'degraded' | 'failed';
  readonly forMs: number;
}

export interface CoreFigures {
  readonly connections: number;
  /** That wait in this process to be sent, of all connections. */
  readonly outboundBytes: number;
  readonly watches: readonly {
    readonly mode: string;
    readonly standing: string;
    readonly count: number;
  }[];
  readonly watchGroups: number;
  readonly lagRevisions: number;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly entries: number;
  readonly historyCommits: number;
  readonly historyBytes: number;
  readonly storage: StorageCondition;
  /** Of tokens, how many are how; empty where nobody is asked who they are. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Events that it lost, and whether it cannot be written now; `undefined` where there is none. */
  readonly audit: { readonly lost: number; readonly isFailing: boolean } | undefined;
}

export interface DiskBytes {
  readonly used: number;
  readonly file: number;
  readonly journal: number;
  readonly size: number;
  readonly available: number;
}

/** Of the process, as those of prom-client are named and counted. */
export interface ProcessFigures {
  /** Seconds since the Unix epoch. */
  readonly startedAt: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
  readonly heapTotalBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  /** `undefined` where the system does not say. */
  readonly openFiles: number | undefined;
  readonly filesMax: number | undefined;
  /** By how much the event loop came late in the last ten to twenty seconds. */
  readonly loopLag: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
  };
  /** By the kind of the collection, in seconds. */
  readonly garbageCollections: ReadonlyMap<string, HistogramReading>;
}

import type { Counters } from './counters.ts';
import {
  type HealthAnswer,
  livenessOf,
  readinessOf,
  type ServerCondition,
  verdictOf,
} from './health/health.ts';
import { LatestReading } from './latest-reading.ts';
import type { Measures } from './measures.ts';
import type { Figures } from './metrics/figures.ts';
import type { Readiness } from './readiness.ts';
import type { SystemRuntime } from './runtime.ts';
import type { Serving } from './serving.ts';
import type { Renewal } from './tls/renewal.ts';
import type { Listener } from './transport/transport.ts';
import { VERSION } from './version.ts';
import type { Vitals } from './vitals.ts';

export interface OverviewParts {
  readonly serving: Serving;
  readonly readiness: Readiness;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly vitals: Vitals;
  readonly runtime: Pick<SystemRuntime, 'clock' | 'nodeVersion'>;
}

/** What a server listens with. */
export interface Listening {
  readonly transport: string;
  readonly listener: Pick<Listener, 'handshakes'>;
  /** Of its certificate; missing without TLS. */
  readonly renewal: Pick<Renewal, 'expiresAt'> | undefined;
}

/** A disk that answers no question for this long is not waited for. */
const DISK_PATIENCE_MS = 250;

export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

/** What those who operate a server are told of it as a whole: whether it lives, is ready, and how it is in numbers. */
export class Overview {
  readonly #with: OverviewParts;
  readonly #disk: LatestReading<Figures['disk']>;
  #listening: Listening = {
    transport: '',
    listener: { handshakes: () => 0 },
    renewal: undefined,
  };
  /** Those who ask while one is made share it. */
  #page: Promise<MetricsPage> | undefined;

  constructor(parts: OverviewParts) {
    this.#with = parts;
    const read = async () => parts.serving.core.disk();
    this.#disk = new LatestReading(read, parts.runtime.clock, DISK_PATIENCE_MS);
  }

  /** It listens, with that. */
  listens(listening: Listening): void {
    this.#listening = listening;
  }

  livez(): HealthAnswer {
    return livenessOf(this.#condition());
  }

  /** `isVerbose`: with what was looked at, for those who may operate. */
  readyz(isVerbose: boolean): HealthAnswer {
    return readinessOf(this.#condition(), isVerbose);
  }

  metrics(): Promise<MetricsPage> {
    this.#page ??= this.#makePage().finally(() => {
      this.#page = undefined;
    });
    return this.#page;
  }

  #condition(): ServerCondition {
    const { serving, readiness } = this.#with;
    return {
      phase: readiness.phase,
      isBetweenHistories: serving.isBetween,
      ...serving.core.condition(),
    };
  }

  /** The library that writes it is loaded by servers that are asked for it. */
  async #makePage(): Promise<MetricsPage> {
    const [{ catalogue }, { CONTENT_TYPE, pageOfMetrics }, process, disk] = await Promise.all([
      import('./metrics/catalogue.ts'),
      import('./metrics/exposition.ts'),
      this.#with.vitals.process(),
      this.#disk.get(),
    ]);
    const { serving, readiness, counters, measures, runtime } = this.#with;
    const { transport, listener, renewal } = this.#listening;
    const { engine } = serving.status();
    const figures: Figures = {
      build: { version: VERSION, node: runtime.nodeVersion, engine, transport },
      readiness: verdictOf(this.#condition()),
      isDraining: readiness.phase.kind === 'draining',
      handshakes: listener.handshakes(),
      counters: counters.read(),
      measures,
      core: serving.core.scrape(),
      disk,
      certificateExpiresAt: renewal?.expiresAt,
      process,
    };
    return { contentType: CONTENT_TYPE, text: await pageOfMetrics(catalogue, figures) };
  }
}

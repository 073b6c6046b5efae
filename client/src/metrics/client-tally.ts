import type { Client } from '../api.ts';
import type { Diagnostics, ResyncReason, WatchDiagnostics } from '../diagnostics.ts';
import type { ClientMetric, WatchedConfig } from './api.ts';

const STATUSES = ['connecting', 'open', 'waiting', 'closed'] as const;
const REASONS: readonly ResyncReason[] = ['compacted', 'epoch', 'gap', 'digest', 'misfit'];
const MS_PER_S = 1_000;

interface Counted {
  readonly reason: ResyncReason;
  readonly count: number;
}

/** What a client shows of itself, as metrics. */
export class ClientTally {
  readonly #client: Client;
  readonly #configs: readonly WatchedConfig[];
  readonly #offs: (() => void)[];
  #lost = 0;
  #rejected = 0;
  /** Of watches that are gone, too: a counter does not fall. */
  readonly #resyncs = new Map<ResyncReason, number>();
  /** By path, mode and reason, what was counted of watches when they were looked at last. */
  #counted: ReadonlyMap<string, Counted> = new Map();

  constructor(client: Client, configs: readonly WatchedConfig[]) {
    this.#client = client;
    this.#configs = configs;
    this.#offs = [
      client.on('lost', () => {
        this.#lost += 1;
      }),
      ...configs.map((config) =>
        config.on('error', () => {
          this.#rejected += 1;
        }),
      ),
    ];
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off();
  }

  read(): readonly ClientMetric[] {
    const now = this.#client.diagnostics();
    this.#countResyncs(now.watches);
    return [
      ...connectionMetrics(now, this.#lost),
      ...mirrorMetrics(now),
      {
        ...counter(
          'confer_client_resyncs_total',
          'Times that a watch could not go on commit by commit.',
        ),
        samples: REASONS.map((reason) => ({
          labels: { reason },
          value: this.#resyncs.get(reason) ?? 0,
        })),
      },
      single(
        counter(
          'confer_client_configs_rejected_total',
          'Times that a configuration refused a revision.',
        ),
        this.#rejected,
      ),
      single(
        gauge(
          'confer_client_configs_rejected',
          'Configurations that refuse the newest revision now.',
        ),
        this.#configs.filter(({ error }) => error !== undefined).length,
      ),
      single(
        counter(
          'confer_client_listener_errors_total',
          'Times that a listener of the program threw.',
        ),
        now.listenerErrors,
      ),
    ];
  }

  #countResyncs(watches: readonly WatchDiagnostics[]): void {
    const counts = countsOf(watches);
    for (const [key, { reason, count }] of counts) {
      const last = this.#counted.get(key)?.count ?? 0;
      // Less than before is of another watch of the same path.
      const more = count >= last ? count - last : count;
      this.#resyncs.set(reason, (this.#resyncs.get(reason) ?? 0) + more);
    }
    this.#counted = counts;
  }
}

function countsOf(watches: readonly WatchDiagnostics[]): ReadonlyMap<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const { path, mode, resyncs } of watches)
    for (const reason of REASONS) {
      const key = `${mode} ${reason} ${path}`;
      counts.set(key, { reason, count: (counts.get(key)?.count ?? 0) + resyncs[reason] });
    }
  return counts;
}

function connectionMetrics(
  { now, connection, requests }: Diagnostics,
  lost: number,
): readonly ClientMetric[] {
  const { status, since, attempts, welcomes, revision } = connection;
  return [
    {
      ...gauge('confer_client_status', 'Which of these the connection is (1).'),
      samples: STATUSES.map((each) => ({
        labels: { status: each },
        value: Number(each === status),
      })),
    },
    single(
      gauge('confer_client_status_seconds', 'How long it has been that.'),
      Math.max(0, now - since) / MS_PER_S,
    ),
    single(counter('confer_client_connection_attempts_total', 'Attempts to connect.'), attempts),
    single(
      counter('confer_client_connections_total', 'Of those, the ones that a server welcomed.'),
      welcomes,
    ),
    single(
      counter(
        'confer_client_outages_total',
        'Outages that lasted for longer than the grace period.',
      ),
      lost,
    ),
    single(
      gauge('confer_client_server_revision', 'The newest revision that the server named.'),
      revision,
    ),
    single(
      gauge('confer_client_requests_waiting', 'Requests without an answer.'),
      requests.unanswered,
    ),
    single(
      gauge(
        'confer_client_request_oldest_seconds',
        'How long the oldest of them has waited; 0: none does.',
      ),
      (requests.oldestMs ?? 0) / MS_PER_S,
    ),
  ];
}

function mirrorMetrics({ now, watches, watchesOmitted }: Diagnostics): readonly ClientMetric[] {
  const mirrored = watches.filter(({ mode }) => mode === 'state');
  const staleMs = mirrored.map(({ staleSince }) =>
    staleSince === undefined ? 0 : Math.max(0, now - staleSince),
  );
  const revisions = mirrored.flatMap(({ position }) =>
    position === undefined ? [] : [position.revision],
  );
  const isNotLive = watches.filter(({ status }) => status !== 'live').length;
  return [
    single(gauge('confer_client_watches', 'Watches and mirrors.'), watches.length + watchesOmitted),
    single(gauge('confer_client_watches_not_live', 'Those that are not live.'), isNotLive),
    single(
      gauge(
        'confer_client_stale_seconds',
        'How long the mirror has been stale that has been so for longest; 0: none is.',
      ),
      Math.max(0, ...staleMs) / MS_PER_S,
    ),
    single(
      gauge('confer_client_applied_revision', 'The revision that all mirrors have come to.'),
      revisions.length === 0 ? undefined : Math.min(...revisions),
    ),
  ];
}

type Head = Omit<ClientMetric, 'samples'>;

function counter(name: string, help: string): Head {
  return { name, type: 'counter', help };
}

function gauge(name: string, help: string): Head {
  return { name, type: 'gauge', help };
}

/** One that is not known says nothing. */
function single(head: Head, value: number | undefined): ClientMetric {
  return { ...head, samples: value === undefined ? [] : [{ labels: {}, value }] };
}

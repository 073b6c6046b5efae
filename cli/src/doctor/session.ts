import type { Client } from '@confer/client';
import { openClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { oneLine, span } from '../output/text.ts';
import { grantText } from '../rights/grants.ts';
import type { Address } from './address.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { msText, type ProbeLimits, probe, reasonOf } from './probe.ts';

const TRIPS = 5;
/** A person needs that long to get another token. */
const SOON_MS = 7 * 86_400_000;

/** Speaks to the server as commands do: hello, its state, round trips, and who it takes this client for. */
export async function probeSession(
  limits: ProbeLimits,
  context: Context,
  { url }: Address,
): Promise<Finding[]> {
  const here = { ...context, settings: { ...context.settings, url } };
  let client: Client;
  try {
    client = await openClient(here, { timeouts: { requestMs: limits.timeoutMs } });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [
      fail('hello', error.message, error.hint ?? 'look at the file or the option that it names'),
    ];
  }
  try {
    const opened = await probe(limits, () => open(client));
    if (opened.kind === 'late')
      return [
        fail(
          'hello',
          `no WebSocket and no welcome in ${msText(limits.timeoutMs)}`,
          'something is there that accepts connections and does not answer: is it a Confer server ?',
        ),
      ];
    if (opened.kind === 'failed')
      return [fail('hello', oneLine(reasonOf(opened.error)), adviceFor(opened.error))];
    return [
      welcomed(client, opened.tookMs),
      ...(await probeState(limits, client)),
      await probeIdentity(limits, client),
    ];
  } finally {
    await client.close();
  }
}

/** Why the server sent this client away, with the code of the protocol where it has one. */
class Refused extends Error {
  readonly code: string | undefined;

  constructor(reason: string, code: string | undefined) {
    super(code === undefined ? reason : `${code}: ${reason}`);
    this.code = code;
  }
}

function open(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on('status', (status) => {
      if (status.kind === 'open') resolve();
      else if (status.kind === 'waiting') reject(new Refused(status.reason, status.refused));
    });
  });
}

function adviceFor(error: Error): string {
  const code = error instanceof Refused ? error.code : undefined;
  return code === undefined
    ? 'look at what is between here and the server, such as a proxy, and at its log'
    : `confer explain ${code} says what to do`;
}

function welcomed(client: Client, tookMs: number): Finding {
  const { welcome, revision } = client.diagnostics().connection;
  const { session, epoch, version } = welcome ?? {};
  return ok(
    'hello',
    `welcome in ${msText(tookMs)}: protocol ${version}, session ${session}, epoch ${epoch}, revision ${revision}`,
    { tookMs, protocol: version, session, epoch, revision },
  );
}

async function probeState(limits: ProbeLimits, client: Client): Promise<Finding[]> {
  const times: number[] = [];
  let state: Awaited<ReturnType<Client['serverStatus']>> | undefined;
  for (let i = 0; i < TRIPS; i++) {
    const found = await probe(limits, () => client.serverStatus());
    if (found.kind !== 'found') {
      const why = found.kind === 'late' ? `in ${msText(limits.timeoutMs)}` : reasonOf(found.error);
      return [fail('trip', `no answer ${why}`, 'the server is busy, or its storage stands still')];
    }
    state = found.result;
    times.push(found.tookMs);
  }
  const medianMs = times.sort((a, b) => a - b)[Math.floor(TRIPS / 2)] ?? 0;
  const trip = ok('trip', `${msText(medianMs)} there and back (median of ${TRIPS})`, { medianMs });
  if (state === undefined) return [trip];
  const { version, engine, uptimeMs, storage, storageProblem } = state;
  const facts = { version, engine, uptimeMs, storage, storageProblem };
  return [
    trip,
    ok('server', `confer ${version} on ${engine}, up for ${span(uptimeMs)}`, facts),
    storageFinding(storage, oneLine(storageProblem ?? '')),
  ];
}

function storageFinding(storage: string | undefined, problem: string): Finding {
  const said = problem === '' ? storage : `${storage}: ${problem}`;
  switch (storage) {
    case undefined:
      return ok('storage', 'the server does not say');
    case 'well':
      return ok('storage', 'well');
    case 'failed':
      return fail('storage', `${said}`, 'see the log of the server, and docs/storage.md');
    default:
      return warn(
        'storage',
        `${said}`,
        'see the log of the server; docs/storage.md, docs/cluster.md',
      );
  }
}

async function probeIdentity(limits: ProbeLimits, client: Client): Promise<Finding> {
  const { administrationOf } = await import('@confer/client/admin');
  const found = await probe(limits, () => administrationOf(client).whoami());
  if (found.kind === 'late') return warn('whoami', 'no answer', 'the server is busy');
  if (found.kind === 'failed')
    return warn('whoami', reasonOf(found.error), 'an older server does not know the question');
  const { principal, kind, roles, expiresAt, allow } = found.result;
  if (kind === 'anyone') return ok('whoami', 'this server asks nobody who they are', { kind });
  const facts = { principal, kind, roles, expiresAt };
  const may = roles.length > 0 ? `with ${roles.join(', ')}` : allow.map(grantText).join(', ');
  const text = `${oneLine(principal)} (${kind}) ${may}`;
  if (expiresAt === undefined) return ok('whoami', text, facts);
  const leftMs = expiresAt - limits.terminal.clock.now();
  const until = `${text}, until ${new Date(expiresAt).toISOString()}`;
  return leftMs < SOON_MS
    ? warn('whoami', `${until}, which is in ${span(leftMs)}`, 'confer token rotate NAME', facts)
    : ok('whoami', until, facts);
}

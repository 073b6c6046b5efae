import { ttlProblem } from '@confer/shared';
import type { Client } from '../api.ts';
import { ConferError } from '../errors.ts';
import { name as aName, count, object } from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import { type ClientContext, contextOf } from '../watch/context.ts';
import type { Lease, LeaseOptions } from './api.ts';
import { HeldLease, sureForMs } from './held-lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** One for each client that has had a lease. */
const keepers = new WeakMap<ClientContext, LeaseKeeper>();

function keeperOf(client: Client, context: ClientContext, uptimeMs: () => number): LeaseKeeper {
  const keeper = keepers.get(context) ?? new LeaseKeeper(client, context, uptimeMs);
  keepers.set(context, keeper);
  return keeper;
}

/** `uptimeMs`: how long the process has run, by a clock that nobody sets. */
export async function grant(
  client: Client,
  options: LeaseOptions,
  uptimeMs: () => number,
): Promise<Lease> {
  const context = contextOf(client);
  checkArgument('options', options, object);
  const { ttlMs, name, ...wait } = options;
  checkArgument('options.ttlMs', ttlMs, count);
  checkOptions(options, { name: aName });
  const problem = ttlProblem(ttlMs);
  if (problem !== undefined) throw new ConferError('invalid_argument', problem);
  const { requests, newId } = context;
  const deadline = context.newDeadline(wait);
  const keeper = keeperOf(client, context, uptimeMs);
  const requestId = newId();
  let asked = keeper.stopwatch.now();
  const { reply } = await requests.ask(
    'leases',
    (id) => ({ type: 'grantLease', id, requestId, ttlMs, name }),
    deadline,
  );
  const [granted] = reply.leases;
  if (granted === undefined) throw new ConferError('internal', 'the server granted nothing');
  const { lease: id } = granted;
  // It took so long that it may be over, or nearly: time counts from before it was asked for.
  while (keeper.stopwatch.since(asked) >= sureForMs(ttlMs) / 2) {
    asked = keeper.stopwatch.now();
    const kept = await requests.ask(
      'leases',
      (number) => ({ type: 'keepAlive', id: number, leases: [id] }),
      deadline,
    );
    if (kept.reply.leases.length === 0)
      throw new ConferError('lease_lost', `the lease ${id} was over before it could be used`);
  }
  const lease = new HeldLease(
    {
      ...{ id, ttlMs, stopwatch: keeper.stopwatch },
      ...{ listeners: context.listeners, report: context.report },
      onOver: (over) => keeper.forget(over),
      async revoke(revokeOptions) {
        const revocation = newId();
        const { revision, deletes } = (
          await requests.ask(
            'committed',
            (number) => ({
              ...{ type: 'revokeLease', id: number, requestId: revocation, lease: id },
            }),
            context.newDeadline(revokeOptions),
          )
        ).reply;
        return { revision, removed: deletes };
      },
    },
    asked,
  );
  keeper.keep(lease, asked);
  return lease;
}

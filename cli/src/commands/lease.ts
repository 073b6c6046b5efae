import type { Command } from 'commander';
import type { GrantOptions, KeepOptions } from '../runs/lease.ts';
import { type ContextOf, examples, group, writing } from './definition.ts';

export function addLease(program: Command, contextOf: ContextOf): void {
  const lease = group(
    program,
    'lease',
    'let entries go when nobody keeps them: grant, keep-alive, show, ls, revoke',
  ).description(
    'A lease has a TTL, and entries that go with it ("confer set PATH VALUE --lease ID"). Where nobody keeps it alive ' +
      'for that long, they are all gone in one commit.',
  );
  addGrant(lease, contextOf);
  addKeepAlive(lease, contextOf);
  lease
    .command('show')
    .summary('show what is left of a lease, and what goes with it')
    .argument('<id>')
    .action(async (id: string, _: object, command: Command) => {
      const { showLease } = await import('../runs/lease.ts');
      await showLease(contextOf(command), id);
    });
  lease
    .command('ls')
    .summary('list the leases')
    .description('Lists your leases; those of everybody, where you may operate the server.')
    .action(async (_: object, command: Command) => {
      const { listLeases } = await import('../runs/lease.ts');
      await listLeases(contextOf(command));
    });
  writing(lease.command('revoke'), contextOf)
    .summary('end a lease now')
    .description('Ends a lease. Everything that goes with it is removed, in one commit.')
    .argument('<id>')
    .action(async (id: string, _: object, command: Command) => {
      const { revokeLease } = await import('../runs/lease.ts');
      await revokeLease(contextOf(command), id);
    });
}

function addGrant(lease: Command, contextOf: ContextOf): void {
  writing(lease.command('grant'), contextOf)
    .summary('make a lease')
    .description(
      'Makes a lease and prints its id. It ends after its TTL, 2s to 24h in whole seconds, unless somebody keeps it ' +
        'alive: "confer lease keep-alive ID", or a program.',
    )
    .argument('<ttl>', 'such as 30s, 5m or 1h')
    .option('--name <text>', 'what it is for, for those who list it')
    .addHelpText(
      'after',
      examples(
        'confer lease grant 30s --name "orders on node 7"',
        'id=$(confer lease grant 1h -o raw) && confer set /ads/banner on --lease $id    gone in an hour',
      ),
    )
    .action(async (ttl: string, options: GrantOptions, command: Command) => {
      const { grantLease } = await import('../runs/lease.ts');
      await grantLease(contextOf(command), ttl, options);
    });
}

function addKeepAlive(lease: Command, contextOf: ContextOf): void {
  writing(lease.command('keep-alive'), contextOf)
    .summary('keep a lease alive')
    .description(
      'Keeps a lease alive for as long as it runs, over lost connections that are shorter than its TTL. Ends with an ' +
        'error as soon as the lease may be over.',
    )
    .argument('<id>')
    .option('--once', 'once: it has its whole TTL again, and no more')
    .addHelpText('after', examples('confer lease keep-alive 6b1f0c2d9e8a7355'))
    .action(async (id: string, options: KeepOptions, command: Command) => {
      const { keepLeaseAlive } = await import('../runs/lease.ts');
      await keepLeaseAlive(contextOf(command), id, options);
    });
}

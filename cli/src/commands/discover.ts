import type { Command } from 'commander';
import type { DiscoverRunOptions } from '../runs/discover.ts';
import { type ContextOf, examples } from './definition.ts';

export function addDiscover(program: Command, contextOf: ContextOf): void {
  program
    .command('discover')
    .summary('print the instances of a service')
    .description(
      'Prints the healthy instances of SERVICE, or with --all those that are unhealthy or draining as well; exits with ' +
        '3 where there is none. With --watch it goes on and prints each change; where the server is away, what was ' +
        'there stays. With --exec it runs a command of sh for each list, with CONFER_ADDRESSES (one a line) and ' +
        'CONFER_INSTANCES (JSON), one at a time and the newest list next. -o raw prints addresses alone.',
    )
    .argument('<service>')
    .option('--all', 'also those that are unhealthy or draining')
    .addOption(program.createOption('--watch', 'go on, with each change').conflicts('exec'))
    .option('--exec <command>', 'go on, and run this for each list')
    .addHelpText(
      'after',
      examples(
        'confer discover orders',
        'confer discover orders -o raw | shuf -n 1',
        'confer discover orders --watch -o ndjson',
        'confer discover orders --exec \'echo "$CONFER_ADDRESSES" > /run/orders.hosts\'',
      ),
    )
    .action(async (service: string, options: DiscoverRunOptions, command: Command) => {
      const { discover } = await import('../runs/discover.ts');
      await discover(contextOf(command), service, options);
    });
}

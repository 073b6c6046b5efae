import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addVerify(program: Command, contextOf: ContextOf): void {
  program
    .command('verify')
    .summary('look whether a data directory is whole')
    .description(
      'Looks through the data directory of a server that is stopped: every page, the sum of every ' +
        'row, and the write-ahead log. Changes nothing. Ends with 1 and a line for each problem where ' +
        'something is damaged.',
    )
    .option('--data <directory>', 'where the data are kept', './data')
    .addHelpText('after', examples('confer verify', 'confer verify --data /var/lib/confer'))
    .action(async (options: { data: string }, command: Command) => {
      const { verify } = await import('../runs/data.ts');
      await verify(contextOf(command), options);
    });
}

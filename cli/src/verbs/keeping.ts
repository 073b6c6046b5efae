import type { Command } from 'commander';
import { type ContextOf, examples } from './verb.ts';

/** What is done to a data directory while no server has it. */
export function addKeeping(program: Command, contextOf: ContextOf): void {
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
      const { verify } = await import('../commands/data.ts');
      await verify(contextOf(command), options);
    });

  program
    .command('repair')
    .summary('salvage what can be read of a damaged data directory')
    .description(
      'Copies every entry that is as it was written into a new data directory, and says what could ' +
        'not be read. The damaged one is left as it is. History is not salvaged, and clients begin ' +
        'anew with what is served from the new directory.',
    )
    .option('--data <directory>', 'the damaged directory', './data')
    .requiredOption('--into <directory>', 'a new directory')
    .addHelpText(
      'after',
      examples('confer repair --data ./data --into ./salvaged', 'confer serve --data ./salvaged'),
    )
    .action(async (options: { data: string; into: string }, command: Command) => {
      const { repair } = await import('../commands/data.ts');
      await repair(contextOf(command), options);
    });
}

import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addRepair(program: Command, contextOf: ContextOf): void {
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
      const { repair } = await import('../runs/data.ts');
      await repair(contextOf(command), options);
    });
}

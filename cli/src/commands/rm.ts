import type { Command } from 'commander';
import type { RmOptions } from '../runs/rm.ts';
import { type ContextOf, examples, writing } from './definition.ts';

export function addRm(program: Command, contextOf: ContextOf): void {
  writing(program.command('rm'), contextOf, ({ recursive }) => recursive === true)
    .summary('remove an entry or a subtree')
    .description(
      'Removes an entry or, with -r, a subtree. -r counts and asks first; where there is no ' +
        'terminal to ask on it needs -y.',
    )
    .argument('<path>')
    .option('-r, --recursive', 'also everything below the path')
    .option('--all', 'allow "rm -r /"')
    .option('--dry-run', 'print what would be removed')
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText('after', examples('confer rm /shop/port', 'confer rm -r /shop --dry-run'))
    .action(async (path: string, options: RmOptions, command: Command) => {
      const { rm } = await import('../runs/rm.ts');
      await rm(contextOf(command), path, options);
    });
}

import type { Command } from 'commander';
import type { WaitForOptions } from '../runs/wait.ts';
import { type ContextOf, examples } from './definition.ts';

export function addWait(program: Command, contextOf: ContextOf): void {
  program
    .command('wait')
    .summary('wait until a path has a value, and print it')
    .description(
      'Waits until a path has a value, whichever or a certain one, and prints it as get does; with --gone, until it ' +
        'has none. It waits for the server, too, and for ever, or exits with 6 after --timeout. A value that was ' +
        'there for a moment counts, unless the connection was lost just then.',
    )
    .argument('<path>')
    .option('--value <value>', 'exactly this one, as get prints it, without the newline')
    .addOption(
      program.createOption('--gone', 'until there is none; nothing is printed').conflicts('value'),
    )
    .option('--revision <revision>', 'only what is so at this revision or later counts')
    .addHelpText(
      'after',
      examples(
        'confer wait /svc/orders/ready --timeout 2m && ./start',
        'confer wait /deploy/phase --value done',
        'confer wait /locks/migration --gone',
        'confer wait /svc/motd --revision "$(confer set /svc/motd hello -o raw)" --url http://other:7480',
      ),
    )
    .action(async (path: string, options: WaitForOptions, command: Command) => {
      const { wait } = await import('../runs/wait.ts');
      await wait(contextOf(command), path, options);
    });
}

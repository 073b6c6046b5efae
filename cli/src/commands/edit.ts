import type { Command } from 'commander';
import type { EditOptions } from '../runs/edit.ts';
import { type ContextOf, examples } from './definition.ts';

export function addEdit(program: Command, contextOf: ContextOf): void {
  program
    .command('edit')
    .summary('change a subtree, or one entry, in your editor')
    .description(
      'Opens a subtree, or one entry, as YAML in $VISUAL, $EDITOR or vi, shows what you changed, asks, ' +
        'and saves it as one commit. What is wrong with it, or was changed by somebody else meanwhile, ' +
        'leads back into the editor, with both sides. Nothing changed, nothing left, or an editor that ' +
        'ends with a failure: nothing is written.',
    )
    .argument('<path>')
    .option('-y, --yes', 'do not ask')
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText(
      'after',
      examples(
        'confer edit /shop',
        'confer edit /shop/motd --note "holidays"',
        'EDITOR="code --wait" confer edit /shop',
      ),
    )
    .action(async (path: string, options: EditOptions, command: Command) => {
      const { edit } = await import('../runs/edit.ts');
      await edit(contextOf(command), path, options);
    });
}

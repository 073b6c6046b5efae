import type { Command } from 'commander';
import type { DiffOptions } from '../runs/diff.ts';
import { type ContextOf, examples } from './definition.ts';

export function addDiff(program: Command, contextOf: ContextOf): void {
  program
    .command('diff')
    .summary('show what differs between two revisions, or from a file')
    .description(
      'Shows where the values of a subtree differ: between two revisions, or between what the server ' +
        'has and a file or directory, which is read as import reads it. "+" is what the second side ' +
        'has alone, "-" what the first has alone. Exits with 0 where nothing differs, and with 1 where ' +
        'something does.',
    )
    .argument('<path>')
    .argument('[file|directory]', 'what to compare the server with')
    .option('--from <revision|time>', 'the first side: 41, 10m, 7d or 2026-11-28T12:00Z')
    .option(
      '--to <revision|time>',
      'the second side, or what the file is compared with (default: now)',
    )
    .addHelpText(
      'after',
      examples(
        'confer diff /shop --from 41                 what happened since',
        'confer diff /shop --from 7d --to 1d',
        'confer diff /shop config/shop.yaml          what apply --prune would change',
      ),
    )
    .action(
      async (path: string, file: string | undefined, options: DiffOptions, command: Command) => {
        const { diff } = await import('../runs/diff.ts');
        await diff(contextOf(command), path, file, options);
      },
    );
}

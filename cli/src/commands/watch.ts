import type { Command } from 'commander';
import type { WatchOptions } from '../runs/watch.ts';
import { type ContextOf, examples } from './definition.ts';

export function addWatch(program: Command, contextOf: ContextOf): void {
  program
    .command('watch')
    .summary('print each change of a subtree as it happens')
    .description(
      'Prints each change of a subtree as it happens, until it is interrupted. It waits for the ' +
        'server and goes on where it was after a lost connection.',
    )
    .argument('[path]', 'default: everything', '/')
    .option('--since <revision>', 'begin with the changes after this revision')
    .addOption(
      program
        .createOption('--initial', 'begin with the entries that are there now')
        .conflicts('since'),
    )
    .addHelpText(
      'after',
      examples(
        'confer watch /shop',
        'confer watch /shop -o ndjson --initial | jq -c "[.path, .value]"',
        'confer watch /shop --since 42',
      ),
    )
    .action(async (path: string, options: WatchOptions, command: Command) => {
      const { watch } = await import('../runs/watch.ts');
      await watch(contextOf(command), path, options);
    });
}

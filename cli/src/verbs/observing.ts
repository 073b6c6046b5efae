import type { Command } from 'commander';
import type { WatchOptions } from '../commands/watch.ts';
import { type ContextOf, examples } from './verb.ts';

export function addObserving(program: Command, contextOf: ContextOf): void {
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
      const { watch } = await import('../commands/watch.ts');
      await watch(contextOf(command), path, options);
    });

  program
    .command('status')
    .summary('show how the server is')
    .description('Shows how the server is: its revision, how far its history reaches back, ...')
    .addHelpText('after', examples('confer status', 'confer status -o json | jq .revision'))
    .action(async (_: object, command: Command) => {
      const { status } = await import('../commands/status.ts');
      await status(contextOf(command));
    });
}

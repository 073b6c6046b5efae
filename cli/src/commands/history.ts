import type { Command } from 'commander';
import type { HistoryOptions } from '../runs/history.ts';
import { type ContextOf, examples } from './definition.ts';

export function addHistory(program: Command, contextOf: ContextOf): void {
  program
    .command('history')
    .summary('show what a path was before')
    .description(
      'Shows each version of one path, the newest first: its value, or that it was deleted, with who ' +
        'did that, when and why. Says where history begins. Exits with 3 where there was none.',
    )
    .argument('<path>')
    .option('-n, --number <count>', 'versions at most (default: 20)')
    .option('--at <revision|time>', 'begin there instead of now')
    .addHelpText(
      'after',
      examples(
        'confer history /shop/port',
        'confer history /shop/port -n 1 --at 7d',
        'confer history /shop/port -o ndjson | jq -r .entry.value',
      ),
    )
    .action(async (path: string, options: HistoryOptions, command: Command) => {
      const { history } = await import('../runs/history.ts');
      await history(contextOf(command), path, options);
    });
}

import type { Command } from 'commander';
import type { GetOptions } from '../runs/get.ts';
import { type ContextOf, examples } from './definition.ts';

export function addGet(program: Command, contextOf: ContextOf): void {
  program
    .command('get')
    .summary('print the value at a path')
    .description('Prints the value at a path. Exits with 3 when there is none.')
    .argument('<path>')
    .option('--at <revision|time>', 'what it was then: 41, 10m, 7d or 2026-11-28T12:00Z')
    .option('--stale', 'what the server has, without asking its cluster whether it is the newest')
    .addHelpText(
      'after',
      examples(
        'confer get /shop/port             the value and a newline',
        'confer get /shop/motd -o raw      the value alone, byte for byte',
        'confer get /shop/port -o json     with its revisions, time and author',
        'confer get /shop/port --at 1h     what it was an hour ago',
      ),
    )
    .action(async (path: string, options: GetOptions, command: Command) => {
      const { get } = await import('../runs/get.ts');
      await get(contextOf(command), path, options);
    });
}

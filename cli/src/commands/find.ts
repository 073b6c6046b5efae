import type { Command } from 'commander';
import type { FindOptions } from '../runs/find.ts';
import { type ContextOf, examples } from './definition.ts';

export function addFind(program: Command, contextOf: ContextOf): void {
  program
    .command('find')
    .summary('find paths by a pattern, and by what they hold')
    .description(
      'Prints the paths that fit a pattern: "*" is any text within a segment, "**" any number of ' +
        'segments, "?" one character. A pattern that begins with "/" is for whole paths, any other for ' +
        'their ends. Exits with 3 where nothing fits.',
    )
    .argument('<pattern>', 'in quotes, so that your shell leaves it alone')
    .argument('[path]', 'where to look (default: everywhere)', '/')
    .option('--value <expression>', 'only where the value matches a regular expression')
    .option('--at <revision|time>', 'what was there then: 41, 10m, 7d or 2026-11-28T12:00Z')
    .addHelpText(
      'after',
      examples(
        'confer find port                            every .../port',
        "confer find 'server/*' /shop",
        "confer find '**' --value '^db1'              what names a host",
        "confer find '/shop/**/url' -o ndjson",
      ),
    )
    .action(async (pattern: string, path: string, options: FindOptions, command: Command) => {
      const { find } = await import('../runs/find.ts');
      await find(contextOf(command), [pattern, path], options);
    });
}

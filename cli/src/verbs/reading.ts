import type { Command } from 'commander';
import type { LsOptions } from '../commands/ls.ts';
import type { TreeOptions } from '../commands/tree.ts';
import { type ContextOf, examples } from './verb.ts';

export function addReading(program: Command, contextOf: ContextOf): void {
  program
    .command('get')
    .summary('print the value at a path')
    .description('Prints the value at a path. Exits with 3 when there is none.')
    .argument('<path>')
    .addHelpText(
      'after',
      examples(
        'confer get /shop/port             the value and a newline',
        'confer get /shop/motd -o raw      the value alone, byte for byte',
        'confer get /shop/port -o json     with its revisions, time and author',
      ),
    )
    .action(async (path: string, _: object, command: Command) => {
      const { get } = await import('../commands/get.ts');
      await get(contextOf(command), path);
    });

  program
    .command('ls')
    .summary('list the children of a path')
    .description('Lists the children of a path; those with something below them end with "/".')
    .argument('[path]', 'default: everything', '/')
    .option('-l, --long', 'with revision, age, author and size')
    .option('-R, --recursive', 'everything below the path')
    .addHelpText('after', examples('confer ls /shop', 'confer ls -l -R /shop'))
    .action(async (path: string, options: LsOptions, command: Command) => {
      const { ls } = await import('../commands/ls.ts');
      await ls(contextOf(command), path, options);
    });

  program
    .command('tree')
    .summary('draw a subtree with its values')
    .description('Draws a subtree with its values, for people.')
    .argument('[path]', 'default: everything', '/')
    .option('-L, --level <n>', 'draw at most n levels')
    .addHelpText('after', examples('confer tree /shop', 'confer tree -L 1'))
    .action(async (path: string, options: TreeOptions, command: Command) => {
      const { tree } = await import('../commands/tree.ts');
      await tree(contextOf(command), path, options);
    });
}

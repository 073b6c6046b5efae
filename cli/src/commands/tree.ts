import type { Command } from 'commander';
import type { TreeOptions } from '../runs/tree.ts';
import { type ContextOf, examples } from './definition.ts';

export function addTree(program: Command, contextOf: ContextOf): void {
  program
    .command('tree')
    .summary('draw a subtree with its values')
    .description('Draws a subtree with its values, for people.')
    .argument('[path]', 'default: everything', '/')
    .option('-L, --level <n>', 'draw at most n levels')
    .addHelpText('after', examples('confer tree /shop', 'confer tree -L 1'))
    .action(async (path: string, options: TreeOptions, command: Command) => {
      const { tree } = await import('../runs/tree.ts');
      await tree(contextOf(command), path, options);
    });
}

import type { Command } from 'commander';
import type { LsOptions } from '../runs/ls.ts';
import { type ContextOf, examples } from './definition.ts';

export function addLs(program: Command, contextOf: ContextOf): void {
  program
    .command('ls')
    .summary('list the children of a path')
    .description('Lists the children of a path; those with something below them end with "/".')
    .argument('[path]', 'default: everything', '/')
    .option('-l, --long', 'with revision, age, author and size')
    .option('-R, --recursive', 'everything below the path')
    .option('--at <revision|time>', 'what was there then: 41, 10m, 7d or 2026-11-28T12:00Z')
    .option('--stale', 'what the server has, without asking its cluster whether it is the newest')
    .addHelpText(
      'after',
      examples('confer ls /shop', 'confer ls -l -R /shop', 'confer ls -R /shop --at 7d'),
    )
    .action(async (path: string, options: LsOptions, command: Command) => {
      const { ls } = await import('../runs/ls.ts');
      await ls(contextOf(command), path, options);
    });
}

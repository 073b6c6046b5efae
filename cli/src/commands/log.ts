import type { Command } from 'commander';
import type { LogOptions } from '../runs/log.ts';
import { type ContextOf, examples } from './definition.ts';

export function addLog(program: Command, contextOf: ContextOf): void {
  program
    .command('log')
    .summary('show who changed a subtree, when and why')
    .description(
      'Shows the commits that touched a subtree, the newest first: who made each, when and why, and ' +
        'what it changed there. Says where history begins. -o ndjson has a commit on each line, whole. ' +
        'Exits with 3 where there is none.',
    )
    .argument('[path]', 'default: everything', '/')
    .option('-n, --number <count>', 'commits at most (default: 20, or all with --since)')
    .option('--since <revision|time>', 'only what came after: 41, 10m, 7d or 2026-11-28T12:00Z')
    .option('--at <revision|time>', 'begin there instead of now')
    .option('--values', 'with what was there before and what is there after')
    .addHelpText(
      'after',
      examples(
        'confer log /shop',
        'confer log --since 1h --values',
        'confer log /shop --since 7d -o ndjson | jq .actor',
      ),
    )
    .action(async (path: string, options: LogOptions, command: Command) => {
      const { log } = await import('../runs/log.ts');
      await log(contextOf(command), path, options);
    });
}

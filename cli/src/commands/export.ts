import type { Command } from 'commander';
import type { ExportOptions } from '../runs/export.ts';
import { type ContextOf, examples } from './definition.ts';

export function addExport(program: Command, contextOf: ContextOf): void {
  program
    .command('export')
    .summary('print a subtree as YAML, JSON, NDJSON or environment variables')
    .description(
      'Prints a subtree as data, the inverse of import. -o is yaml (default), json, ndjson (each ' +
        'entry as it is stored) or env (NAME=value lines for sh).',
    )
    .argument('<path>')
    .option('--at <revision|time>', 'what was there then: 41, 10m, 7d or 2026-11-28T12:00Z')
    .addHelpText(
      'after',
      examples(
        'confer export /shop > shop.yaml',
        'confer export /shop -o json | jq .server.port',
        'confer export /shop --at 7d > shop-last-week.yaml',
        'set -a; eval "$(confer export /shop/server -o env)"',
      ),
    )
    .action(async (path: string, options: ExportOptions, command: Command) => {
      const { exportSubtree } = await import('../runs/export.ts');
      await exportSubtree(contextOf(command), path, options);
    });
}

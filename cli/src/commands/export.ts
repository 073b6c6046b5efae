import type { Command } from 'commander';
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
    .addHelpText(
      'after',
      examples(
        'confer export /shop > shop.yaml',
        'confer export /shop -o json | jq .server.port',
        'set -a; eval "$(confer export /shop/server -o env)"',
      ),
    )
    .action(async (path: string, _: object, command: Command) => {
      const { exportSubtree } = await import('../runs/export.ts');
      await exportSubtree(contextOf(command), path);
    });
}

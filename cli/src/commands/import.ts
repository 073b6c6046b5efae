import type { Command } from 'commander';
import type { ImportOptions } from '../runs/import.ts';
import { type ContextOf, examples, writing } from './definition.ts';

export function addImport(program: Command, contextOf: ContextOf): void {
  writing(program.command('import'), contextOf)
    .summary('write a file or a directory of configuration, as one commit')
    .description(
      'Writes YAML, JSON and TOML below a path, as one commit. Of a directory, each file becomes ' +
        'the subtree named like it, without its extension. Maps become subtrees, everything else ' +
        'one value; several documents of one YAML file become 0, 1, ... What is the same already ' +
        'is left alone. Nothing is written when a file cannot be read.',
    )
    .argument('<file|directory>')
    .requiredOption('--at <path>', 'the subtree to write to')
    .option('--prune', 'remove what is in the subtree but not in the files')
    .option('--dry-run', 'print what would change')
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText(
      'after',
      examples(
        'confer import shop.yaml --at /shop',
        'confer import config/ --at /shop --prune --dry-run',
        'confer import config/ --at /shop --prune --note "release 12"',
      ),
    )
    .action(async (input: string, options: ImportOptions, command: Command) => {
      const { importFiles } = await import('../runs/import.ts');
      await importFiles(contextOf(command), input, options);
    });
}

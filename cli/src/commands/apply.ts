import type { Command } from 'commander';
import type { ApplyOptions } from '../runs/apply.ts';
import { type ContextOf, examples, gather } from './definition.ts';

export function addApply(program: Command, contextOf: ContextOf): void {
  program
    .command('apply')
    .summary('bring the server to what files say, after showing what differs')
    .description(
      'Brings the server to what files say: shows each difference, asks, and writes all of it as one ' +
        'commit, which holds only if nobody changed the same entries meanwhile; else it is planned ' +
        'anew. Files and directories are read as import reads them, but that an empty file is no ' +
        'entry. A second run changes nothing.\n\n' +
        'With --to they speak for that subtree; without, for each subtree that they name at the ' +
        'root. --prune removes what they do not name in the subtrees that they speak for, and never ' +
        'beside them. With --dry-run it exits with 0 where nothing differs, and with 1 where something does.',
    )
    .requiredOption('-f, --file <file|directory>', 'what to apply; may be given again', gather)
    .option('--to <path>', 'the subtree that the files are (default: the root)')
    .option('--prune', 'remove what is in their subtrees but not in the files')
    .option('--allow-empty', 'let --prune empty what an empty file or directory speaks for')
    .option('--dry-run', 'print what differs, and write nothing')
    .option('-y, --yes', 'do not ask')
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText(
      'after',
      examples(
        'confer apply -f config/                            config/shop.yaml is /shop',
        'confer apply -f config/ --to /shop --prune --dry-run',
        'confer apply -f base/ -f region.yaml --to /shop --prune -y --note "release 12"',
      ),
    )
    .action(async (options: ApplyOptions, command: Command) => {
      const { apply } = await import('../runs/apply.ts');
      await apply(contextOf(command), options);
    });
}

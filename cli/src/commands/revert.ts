import type { Command } from 'commander';
import type { RevertOptions } from '../runs/revert.ts';
import { type ContextOf, examples } from './definition.ts';

export function addRevert(program: Command, contextOf: ContextOf): void {
  program
    .command('revert')
    .summary('take back a commit, or let a subtree go back to a revision')
    .description(
      'Takes back what one commit did (--commit), everywhere or at and below a path, or brings a path ' +
        'with all below it back to what it was (--to): shows what that changes, asks, and writes it as ' +
        'one commit, whose note names what it reverts. It holds only if nobody changed the same ' +
        'entries since it was planned. What was changed again after the commit that is taken back is ' +
        'named, and not overwritten without --force. With --dry-run it exits with 0 where there is ' +
        'nothing to do, and with 1 where there is.',
    )
    .argument('[path]', 'with --commit, only what it did there')
    .addOption(program.createOption('--commit <revision>', 'what to take back').conflicts('to'))
    .option('--to <revision|time>', 'where to go back to: 41, 10m, 7d or 2026-11-28T12:00Z')
    .option('--force', 'overwrite what was changed since that commit')
    .option('--dry-run', 'print what it would change, and write nothing')
    .option('-y, --yes', 'do not ask')
    .option('--note <text>', 'why, after what is reverted')
    .addHelpText(
      'after',
      examples(
        'confer revert --commit 41                   an rm -r by accident, for example',
        'confer revert /shop --commit 41 --dry-run   of that commit only what it did to /shop',
        'confer revert /shop --to 1h -y --note "back to the morning"',
      ),
    )
    .action(async (path: string | undefined, options: RevertOptions, command: Command) => {
      const { revert } = await import('../runs/revert.ts');
      await revert(contextOf(command), path, options);
    });
}

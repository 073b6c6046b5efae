import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addBackup(program: Command, contextOf: ContextOf): void {
  const backup = program
    .command('backup')
    .summary('write all that a server has into a file, and look into such a file: inspect, verify')
    .description(
      'Writes every entry that the server has at one revision into a file, with roles and tokens, while it goes on ' +
        'serving. The file comes to be when it is whole, and only you can read it. What was before that revision, ' +
        'and what is in the files of the audit, is not in it. With --auth on it takes the right to admin all of /. ' +
        '"confer restore" makes a server of it again.',
    )
    .argument('<file>', 'where to, or - for stdout')
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      examples(
        'confer backup confer.backup',
        'confer backup "/backups/confer-$(date +%F)" -q',
        'confer backup - | ssh elsewhere "cat > confer.backup"',
        'confer backup inspect confer.backup',
      ),
    )
    .action(async (file: string, options: { force?: true }, command: Command) => {
      const { backup: run } = await import('../runs/backup.ts');
      await run(contextOf(command), file, options);
    });
  addInspect(backup, contextOf);
  addVerify(backup, contextOf);
}

function addInspect(backup: Command, contextOf: ContextOf): void {
  backup
    .command('inspect')
    .summary('say what is in a backup')
    .description('Says of which state of which server a backup is, and how much of what is in it.')
    .argument('<file>')
    .addHelpText(
      'after',
      examples(
        'confer backup inspect confer.backup',
        'confer backup inspect confer.backup -o json',
      ),
    )
    .action(async (file: string, _: object, command: Command) => {
      const { inspectBackup } = await import('../runs/backup-file.ts');
      await inspectBackup(contextOf(command), file);
    });
}

function addVerify(backup: Command, contextOf: ContextOf): void {
  backup
    .command('verify')
    .summary('look whether a backup is as it was written')
    .description(
      'Reads all of a backup and looks at each entry, their order, their number and the SHA-256 of the file. Ends ' +
        'with 7 and says where, when it was cut off or changed in any bit.',
    )
    .argument('<file>')
    .addHelpText('after', examples('confer backup verify confer.backup'))
    .action(async (file: string, _: object, command: Command) => {
      const { verifyBackup } = await import('../runs/backup-file.ts');
      await verifyBackup(contextOf(command), file);
    });
}

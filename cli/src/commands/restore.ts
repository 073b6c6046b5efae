import type { Command } from 'commander';
import type { RestoreFlags } from '../runs/restore.ts';
import { type ContextOf, examples, writing } from './definition.ts';

export function addRestore(program: Command, contextOf: ContextOf): void {
  writing(program.command('restore'), contextOf, ({ data }) => data !== undefined)
    .summary('make a server of a backup again')
    .description(
      'With --data, makes a data directory of a backup, for a server that is stopped: all entries with all that is ' +
        'known of them, roles and tokens. History begins after the revision of the backup, in a new epoch, so that ' +
        'clients take it for what it is. The directory is empty or not there yet, and nothing comes to be where ' +
        'anything of the backup is damaged.\n\n' +
        'With --into, writes the entries of a backup through a running server, for those that keep their data ' +
        'elsewhere (etcd) or nowhere: values alone, to a subtree that holds nothing, or what a restore that was ' +
        'broken off has written there. Revisions and authors are new, and roles, tokens and what lived by a lease ' +
        'are left out.',
    )
    .argument('<file>')
    .option('--data <directory>', 'the directory to make')
    .option(
      '--revision <number>',
      'with --data: the revision to go on from, beyond all that are lost',
    )
    .option('--into <subtree>', 'the subtree of the running server to write to; / for all')
    .option('--note <text>', 'with --into: why, for those who read the history')
    .addHelpText(
      'after',
      examples(
        'confer restore confer.backup --data ./data && confer serve --data ./data',
        'confer restore confer.backup --into / --url http://gateway:7480',
        'confer restore confer.backup --into /rehearsal',
      ),
    )
    .action(async (file: string, options: RestoreFlags, command: Command) => {
      const { restore } = await import('../runs/restore.ts');
      await restore(contextOf(command), file, options);
    });
}

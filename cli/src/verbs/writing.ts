import type { Command } from 'commander';
import type { RmOptions } from '../commands/rm.ts';
import type { SetOptions } from '../commands/set.ts';
import { type ContextOf, examples } from './verb.ts';

export function addWriting(program: Command, contextOf: ContextOf): void {
  program
    .command('set')
    .summary('write the value at a path')
    .description('Writes the value at a path.')
    .argument('<path>')
    .argument('<value>', 'the value; "-" takes stdin, "@file" a file, both exactly as they are')
    .option('--if-revision <n>', 'only if the last write of the path was revision n')
    .addOption(
      program
        .createOption('--create', 'only if there is nothing at the path')
        .conflicts('ifRevision'),
    )
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText(
      'after',
      examples(
        'confer set /shop/port 8080',
        'confer set /shop/offset -- -3            a value that starts with "-"',
        'confer set /shop/motd @motd.txt',
        'openssl rand -hex 32 | confer set /shop/secret -',
        'confer set /shop/port 8081 --if-revision 42 --note "moved"',
      ),
    )
    .action(async (path: string, value: string, options: SetOptions, command: Command) => {
      const { set } = await import('../commands/set.ts');
      await set(contextOf(command), path, value, options);
    });

  program
    .command('rm')
    .summary('remove an entry or a subtree')
    .description(
      'Removes an entry or, with -r, a subtree. -r counts and asks first; where there is no ' +
        'terminal to ask on it needs -y.',
    )
    .argument('<path>')
    .option('-r, --recursive', 'also everything below the path')
    .option('-y, --yes', 'do not ask')
    .option('--all', 'allow "rm -r /"')
    .option('--dry-run', 'print what would be removed')
    .option('--note <text>', 'why, for those who read the history')
    .addHelpText('after', examples('confer rm /shop/port', 'confer rm -r /shop --dry-run'))
    .action(async (path: string, options: RmOptions, command: Command) => {
      const { rm } = await import('../commands/rm.ts');
      await rm(contextOf(command), path, options);
    });
}

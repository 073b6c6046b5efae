import type { Command } from 'commander';
import type { SetOptions } from '../runs/set.ts';
import { type ContextOf, examples, writing } from './definition.ts';

export function addSet(program: Command, contextOf: ContextOf): void {
  writing(program.command('set'), contextOf)
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
    .option('--lease <id>', 'the lease that the entry goes with: see "confer lease"')
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
      const { set } = await import('../runs/set.ts');
      await set(contextOf(command), path, value, options);
    });
}

import type { Command } from 'commander';
import type { RegisterRunOptions } from '../runs/register.ts';
import { type ContextOf, examples, gather, writing } from './definition.ts';

export function addRegister(program: Command, contextOf: ContextOf): void {
  const command = program
    .command('register')
    .summary('keep an instance of a service registered')
    .usage('[options] SERVICE --address ADDRESS [-- CMD [ARGS...]]')
    .description(
      'Registers an instance of SERVICE, below /services or at a path of its own, and keeps it there. With CMD it is ' +
        'there as long as CMD runs: SIGTERM first takes it out of use (draining) for --drain-time, then goes to CMD, ' +
        'and this exits with the code of CMD. Without CMD it is there until this is ended. A server that is away is ' +
        'waited for, while CMD runs. Where this process is killed, the instance is gone after --ttl.',
    )
    .argument('<service...>')
    .option('--address <address>', 'where it is to be reached, such as 10.0.0.7:8080')
    .option(
      '--id <id>',
      'its name; who registers with one that is there takes its place (default: a new one)',
    )
    .option('--label <name=value>', 'a label; zone=Z is where it is. May be given again', gather)
    .option(
      '--weight <weight>',
      'its share of the work, 0 to 1000; 0: only where there is nobody else',
      '1',
    )
    .option('--ttl <time>', 'how long it stays when its process dies: 2s to 24h', '10s')
    .option(
      '--check <command>',
      'a command of sh; the instance is healthy as long as it exits with 0',
    )
    .option('--check-interval <time>', 'from the end of a check to the next', '10s')
    .option(
      '--drain-time <time>',
      'how long others have to notice before CMD is asked to end (default: 3s with CMD, else 0)',
    );
  writing(command, contextOf)
    .addHelpText(
      'after',
      examples(
        'confer register orders --address 10.0.0.7:8080 --label zone=b -- ./orders',
        "confer register db --id db-1 --address 10.0.0.9:5432 --check 'pg_isready -q'",
      ),
    )
    .action(async (given: readonly string[], options: RegisterRunOptions, running: Command) => {
      const { register } = await import('../runs/register.ts');
      await register(contextOf(running), given, options);
    });
}

import type { Command } from 'commander';
import type { LockRunOptions } from '../runs/lock.ts';
import { type ContextOf, examples, writing } from './definition.ts';
import { holdingOptions } from './holding.ts';

export function addLock(program: Command, contextOf: ContextOf): void {
  const command = program
    .command('lock')
    .summary('run a program while a lock is held')
    .usage('[options] NAME -- CMD [ARGS...]')
    .description(
      'Waits for the lock NAME, first come first served, runs CMD while it is held, and exits with the code of CMD ' +
        '(128+N after signal N). NAME is below /locks, or a path of its own that begins with "/". Signals to this go ' +
        'to CMD. When the lock is lost, because the server was away for too long or somebody removed it, CMD gets ' +
        'SIGTERM, then SIGKILL, and this exits with 6. With --wait, a lock that was not free in time is exit 4. CMD ' +
        'has CONFER_FENCING_TOKEN, a number that rises from holder to holder: what it writes to should refuse lower ' +
        'ones, as no lock can stop a program that is asleep. Where this process itself is killed, CMD goes on.',
    )
    .argument('<name...>');
  holdingOptions(command)
    .option('--about <text>', 'what it is held for, for who looks')
    .option('--show', 'do not lock it: print who holds it, and who waits');
  writing(command, contextOf)
    .addHelpText(
      'after',
      examples(
        'confer lock nightly-report -- ./report',
        'confer lock migrations --wait 0 --about "release 12" -- ./migrate',
        'confer lock /shop/locks/index --ttl 60s -- sh -c \'./index --token "$CONFER_FENCING_TOKEN"\'',
        'confer lock migrations --show',
      ),
    )
    .action(async (given: readonly string[], options: LockRunOptions, running: Command) => {
      const { lock } = await import('../runs/lock.ts');
      await lock(contextOf(running), given, options);
    });
}

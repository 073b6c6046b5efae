import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addDoctor(program: Command, contextOf: ContextOf): void {
  program
    .command('doctor')
    .summary('look at all that a connection needs, on one screen for a ticket')
    .description(
      'Looks at this machine and at each server: versions, files, token, context; name, port, ' +
        'certificate, clock, hello, round trips, storage, and who you are there. Each line is ok, ' +
        'warn or FAIL, with what to do. It holds no secret. --timeout is that of each step (default: ' +
        '3s). Exits with 0, and with 1 where something fails.',
    )
    .addHelpText(
      'after',
      examples(
        'confer doctor',
        'confer doctor --context prod',
        'confer doctor -o json | jq .healthy',
      ),
    )
    .action(async (_: object, command: Command) => {
      const { doctor } = await import('../runs/doctor.ts');
      await doctor(contextOf(command));
    });
}

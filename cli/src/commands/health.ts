import type { Command } from 'commander';
import type { HealthOptions } from '../runs/health.ts';
import { type ContextOf, examples } from './definition.ts';

export function addHealth(program: Command, contextOf: ContextOf): void {
  program
    .command('health')
    .summary('ask whether the server is ready, for probes of containers')
    .description(
      'Asks /readyz whether clients belong to the server, and prints what it says: ready; degraded, ' +
        'where it serves what it has and its storage is not well; or down. Needs no token. Exits with 0 ' +
        'where it is ready or degraded, and with 1 where it is down or does not answer. --timeout is how ' +
        'long it may take (default: 3s).',
    )
    .option('--live', 'ask /livez: whether the process had better be started again')
    .option('--verbose', 'say what was looked at, which needs the right to operate')
    .addHelpText(
      'after',
      examples(
        'confer health',
        'confer health --verbose --token-file ops.token',
        'HEALTHCHECK CMD ["confer", "health"]        # in a Dockerfile',
      ),
    )
    .action(async (options: HealthOptions, command: Command) => {
      const { health } = await import('../runs/health.ts');
      await health(contextOf(command), options);
    });
}

import type { Command } from 'commander';
import type { ContextOf } from './definition.ts';

export function addVersion(program: Command, contextOf: ContextOf): void {
  program
    .command('version')
    .summary('print the version')
    .action(async (_: object, command: Command) => {
      const { version } = await import('../runs/version.ts');
      await version(contextOf(command));
    });
}

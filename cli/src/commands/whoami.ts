import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addWhoami(program: Command, contextOf: ContextOf): void {
  program
    .command('whoami')
    .summary('show who you are to the server, and what you may do')
    .addHelpText('after', examples('confer whoami --token-file ci.token', 'confer whoami -o json'))
    .action(async (_: object, command: Command) => {
      const { whoami } = await import('../runs/rights.ts');
      await whoami(contextOf(command));
    });
}

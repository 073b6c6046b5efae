import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addStatus(program: Command, contextOf: ContextOf): void {
  program
    .command('status')
    .summary('show how the server is')
    .description('Shows how the server is: its revision, how far its history reaches back, ...')
    .addHelpText('after', examples('confer status', 'confer status -o json | jq .revision'))
    .action(async (_: object, command: Command) => {
      const { status } = await import('../runs/status.ts');
      await status(contextOf(command));
    });
}

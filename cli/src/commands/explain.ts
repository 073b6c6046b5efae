import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addExplain(program: Command, contextOf: ContextOf): void {
  program
    .command('explain')
    .summary('say what a code means, and what to do about it')
    .description(
      'Says what an error code, the close code of a WebSocket or an exit code means, and what to do about it. ' +
        'Without a code it lists all of them.',
    )
    .argument('[code]')
    .addHelpText(
      'after',
      examples(
        'confer explain conflict',
        'confer explain 4401',
        'confer explain 6',
        'confer explain',
      ),
    )
    .action(async (code: string | undefined, _: object, command: Command) => {
      const { explainCode } = await import('../runs/explain.ts');
      await explainCode(contextOf(command), code);
    });
}

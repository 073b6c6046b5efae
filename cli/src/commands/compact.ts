import type { Command } from 'commander';
import { type ContextOf, examples, writing } from './definition.ts';

export function addCompact(program: Command, contextOf: ContextOf): void {
  writing(program.command('compact'), contextOf)
    .summary('drop history up to a revision')
    .description(
      'Drops history up to a revision, or all of it; entries stay. The server does this by itself ' +
        'as history grows old (see serve).',
    )
    .argument('[revision]', 'default: the current one')
    .addHelpText('after', examples('confer compact', 'confer compact 4200'))
    .action(async (revision: string | undefined, _: object, command: Command) => {
      const { compact } = await import('../runs/compact.ts');
      await compact(contextOf(command), revision);
    });
}

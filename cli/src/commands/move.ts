import type { Command } from 'commander';
import type { MoveOptions } from '../runs/move.ts';
import { type ContextOf, examples, writing } from './definition.ts';

const SAFE =
  'It is one commit, which holds only if nobody wrote to the same entries meanwhile. What is there ' +
  'already is overwritten only with --force.';

export function addCp(program: Command, contextOf: ContextOf): void {
  moving(program, contextOf, 'cp')
    .summary('copy an entry or a subtree')
    .description(`Copies an entry or, with -r, a subtree to another path. ${SAFE}`)
    .addHelpText(
      'after',
      examples('confer cp /shop/port /mail/port', 'confer cp -r /shop /shop-2'),
    );
}

export function addMv(program: Command, contextOf: ContextOf): void {
  moving(program, contextOf, 'mv')
    .summary('move an entry or a subtree')
    .description(`Moves an entry or, with -r, a subtree to another path. ${SAFE}`)
    .addHelpText('after', examples('confer mv /shop/port /shop/server/port', 'confer mv -r /a /b'));
}

function moving(program: Command, contextOf: ContextOf, verb: 'cp' | 'mv'): Command {
  return writing(program.command(verb), contextOf)
    .argument('<path>', 'what goes')
    .argument('<path>', 'where it goes')
    .option('-r, --recursive', 'with everything below the path')
    .option('--force', 'overwrite what is there')
    .option('--dry-run', 'look whether it can be done, and write nothing')
    .option('--note <text>', 'why, for those who read the history')
    .action(async (from: string, to: string, options: MoveOptions, command: Command) => {
      const { move } = await import('../runs/move.ts');
      await move(contextOf(command), verb, [from, to], options);
    });
}

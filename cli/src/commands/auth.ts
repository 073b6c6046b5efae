import type { Command } from 'commander';
import { type ContextOf, examples, group } from './definition.ts';

export function addAuth(program: Command, contextOf: ContextOf): void {
  const auth = group(program, 'auth', 'ask who may do what: check').description(
    'Asks who may do what. Anybody may ask about themselves, an admin about everybody.',
  );
  auth
    .command('check')
    .summary('say whether somebody may do something, and which rule decides')
    .description(
      'Says whether somebody may do something with all of a subtree, and which rule decides. Exits with 0 ' +
        'where they may, and with 5 where they may not.',
    )
    .argument('<principal>', 'the name of a token')
    .argument('<verb>', 'read, write, release, operate or admin')
    .argument('<path>')
    .addHelpText('after', examples('confer auth check ci write /shop/db'))
    .action(async (principal: string, verb: string, path: string, _: object, command: Command) => {
      const { checkRight } = await import('../runs/rights.ts');
      await checkRight(contextOf(command), principal, verb, path);
    });
}

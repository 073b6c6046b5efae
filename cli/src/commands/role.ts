import type { Command } from 'commander';
import type { RoleOptions } from '../runs/role.ts';
import { type ContextOf, examples, gather, group, writing } from './definition.ts';

export function addRole(program: Command, contextOf: ContextOf): void {
  const role = group(program, 'role', 'say what may be done: set, show, ls, rm').description(
    'A role allows and denies verbs on subtrees. Something may be done where one allow covers all of it and ' +
      'no denial of the verb meets it; a denial always wins, and results are never filtered.',
  );
  addSet(role, contextOf);
  role
    .command('show')
    .summary('show what a role allows and denies')
    .argument('<name>')
    .action(async (name: string, _: object, command: Command) => {
      const { showRole } = await import('../runs/role.ts');
      await showRole(contextOf(command), name);
    });
  role
    .command('ls')
    .summary('list the roles')
    .action(async (_: object, command: Command) => {
      const { listRoles } = await import('../runs/role.ts');
      await listRoles(contextOf(command));
    });
  writing(role.command('rm'), contextOf)
    .summary('remove a role')
    .description('Removes a role. Tokens that name it lose what it gave, at once.')
    .argument('<name>')
    .action(async (name: string, _: object, command: Command) => {
      const { removeRole } = await import('../runs/role.ts');
      await removeRole(contextOf(command), name);
    });
}

function addSet(role: Command, contextOf: ContextOf): void {
  writing(role.command('set'), contextOf)
    .summary('make a role, or replace one as a whole')
    .description(
      'Makes a role, or replaces one as a whole: what is not given any more is not allowed any more, at once. ' +
        'A grant is VERB[,VERB]:/SUBTREE, with the verbs read, write, release, operate and admin, or all.',
    )
    .argument('<name>')
    .option('--allow <grant>', 'allow verbs on a subtree; may be given again', gather)
    .option('--deny <grant>', 'deny verbs on a subtree; may be given again', gather)
    .option('--note <text>', 'why, for those who read it')
    .addHelpText(
      'after',
      examples(
        'confer role set shop-writer --allow read,write:/shop',
        'confer role set shop-dev --allow all:/shop --deny read,write:/shop/secrets',
        'confer role set auditor --allow read:/ --note "reads everything"',
      ),
    )
    .action(async (name: string, options: RoleOptions, command: Command) => {
      const { setRole } = await import('../runs/role.ts');
      await setRole(contextOf(command), name, options);
    });
}

import type { Command } from 'commander';
import type { SessionsOptions } from '../runs/sessions.ts';
import { type ContextOf, examples } from './definition.ts';

export function addSessions(program: Command, contextOf: ContextOf): void {
  program
    .command('sessions')
    .summary('show who is connected, what each watches, and how far behind it is')
    .description(
      'Shows the connections of the server; with a path, those with a watch that contains it or lies in it. Each with ' +
        'its name and address, what it watches, the revision that it has applied (as it said with its last heartbeat, ' +
        'so some seconds ago), how many revisions its newest change is ahead of that, and the bytes that wait because ' +
        'it does not take them. Of a cluster, those of the gateway that answers. Needs the right to operate the path, ' +
        'or / without one.\n\n' +
        'A session is a connection; "confer subscribers" asks programs that report on a configuration what they made of it.',
    )
    .argument('[path]', 'the subtree that they listen to')
    .option('--principal <name>', 'only those who act for this one')
    .option('--client <name>', 'only those whose client calls itself so')
    .addHelpText(
      'after',
      `
  live     it is told of changes as they happen
  lagging  it is behind, and catches up as fast as it reads
  syncing  it has not had all of what is there yet
${examples(
  'confer sessions                          who is connected',
  'confer sessions /shop/orders             who would hear of a change there',
  'confer sessions --client orders -o json  with all that is known of each',
)}`,
    )
    .action(async (path: string | undefined, options: SessionsOptions, command: Command) => {
      const { sessions } = await import('../runs/sessions.ts');
      await sessions(contextOf(command), path, options);
    });
}

import type { Command } from 'commander';
import { type ContextOf, examples } from './definition.ts';

export function addSubscribers(program: Command, contextOf: ContextOf): void {
  program
    .command('subscribers')
    .summary('show who uses a subtree, and which revision each runs with')
    .description(
      'Shows the programs that use a subtree: the revision that each runs with, and what it could not use and why, ' +
        'where it says so (typed configuration does). Needs the right to operate and to read there. Of a cluster, ' +
        'those of the gateway that answers. Exits with 1 when one has rejected what is there.\n\n' +
        '"confer sessions" shows every connection, whatever it watches, and what waits for it.',
    )
    .argument('[path]', 'the subtree', '/')
    .addHelpText(
      'after',
      examples(
        'confer subscribers /svc/orders            who uses it, and how far each is',
        'confer subscribers /svc/orders -o ndjson  one program a line',
      ),
    )
    .action(async (path: string, _: object, command: Command) => {
      const { subscribers } = await import('../runs/subscribers.ts');
      await subscribers(contextOf(command), path);
    });
}

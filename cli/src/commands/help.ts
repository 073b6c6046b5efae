import type { Command } from 'commander';
import { usageError } from '../failure.ts';
import type { ContextOf } from './definition.ts';

const TOPICS = ['errors', 'paths', 'rights', 'values'];

export function addHelp(program: Command, contextOf: ContextOf): void {
  program
    .command('help')
    .summary(`explain a command, or ${TOPICS.join(', ')}`)
    .argument('[topic...]')
    .action(async (words: readonly string[], _: object, command: Command) => {
      if (words.length === 0) return program.outputHelp();
      const topic = words.join(' ');
      const { terminal } = contextOf(command);
      const { topics } = await import('../help.ts');
      const text = topics[topic];
      if (text !== undefined) return terminal.stdout.write(text());
      const verb = words.reduce(
        (of: Command | undefined, word) => of?.commands.find((one) => one.name() === word),
        program,
      );
      if (verb === undefined)
        throw usageError(`there is no help on ${topic}`, `topics: ${TOPICS.join(', ')}`);
      verb.outputHelp();
    });
}

import type { Command } from 'commander';
import { usageError } from '../failure.ts';
import type { ContextOf } from './definition.ts';

const TOPICS = ['errors', 'paths', 'values'];

export function addHelp(program: Command, contextOf: ContextOf): void {
  program
    .command('help')
    .summary(`explain a command, or ${TOPICS.join(', ')}`)
    .argument('[topic]')
    .action(async (topic: string | undefined, _: object, command: Command) => {
      if (topic === undefined) return program.outputHelp();
      const { terminal } = contextOf(command);
      const { topics } = await import('../help.ts');
      const text = topics[topic];
      if (text !== undefined) return terminal.stdout.write(text());
      const verb = program.commands.find((candidate) => candidate.name() === topic);
      if (verb === undefined)
        throw usageError(`there is no help on ${topic}`, `topics: ${TOPICS.join(', ')}`);
      verb.outputHelp();
    });
}

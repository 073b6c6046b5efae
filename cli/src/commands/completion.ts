import type { Argument, Command, Option } from 'commander';
import type { CommandGrammar, Kind } from '../completion/grammar.ts';
import { SHELLS, type Shell } from '../completion/scripts.ts';
import { type ContextOf, examples } from './definition.ts';

/** What `-o` knows; each command says which of these it prints. */
const FORMATS = ['table', 'json', 'ndjson', 'raw', 'yaml', 'env'];
const VERBS = ['read', 'write', 'release', 'operate', 'admin'];

export function addCompletion(program: Command, contextOf: ContextOf): void {
  program
    .command('completion')
    .summary('print what makes your shell complete commands, options and paths')
    .description(
      'Prints a script that makes a shell complete commands, options and the paths that the server has. ' +
        'Where the server is slow or away, there are no paths, and nothing is said.',
    )
    .addArgument(program.createArgument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'eval "$(confer completion bash)"         in ~/.bashrc',
        'eval "$(confer completion zsh)"          in ~/.zshrc, after compinit',
        'confer completion fish | source          in ~/.config/fish/config.fish',
      ),
    )
    .action(async (shell: Shell, _: object, command: Command) => {
      const { completion } = await import('../runs/completion.ts');
      await completion(contextOf(command), shell);
    });
  program
    .command('__complete', { hidden: true })
    .argument('<shell>')
    .argument('[words...]')
    .action(async (shell: string, words: readonly string[], _: object, command: Command) => {
      const { complete } = await import('../runs/complete.ts');
      await complete(contextOf(command).terminal, shell, words, grammarOf(program));
    });
}

function grammarOf(command: Command): CommandGrammar {
  const help = command.createHelp();
  return {
    name: command.name(),
    about: command.summary(),
    commands: help.visibleCommands(command).map(grammarOf),
    options: help.visibleOptions(command).map((option) => ({
      names: [option.short, option.long].flatMap((name) => name ?? []),
      about: option.description,
      takes: option.isBoolean() ? undefined : kindOf(option),
    })),
    arguments: command.registeredArguments.map(kindOf),
    isVariadic: command.registeredArguments.at(-1)?.variadic === true,
  };
}

/** By its choices or, as the help names it: `<file>`, `<path>`. */
function kindOf(taken: Option | Argument): Kind {
  const { argChoices } = taken;
  if (argChoices !== undefined) return { kind: 'choice', choices: argChoices };
  const name =
    'flags' in taken ? (/[<[]([^>\]]+)[>\]]/.exec(taken.flags)?.[1] ?? '') : taken.name();
  if (/^(file|directory)\b/.test(name)) return { kind: 'file' };
  switch (name) {
    case 'path':
    case 'subtree':
      return { kind: 'path' };
    case 'context':
    case 'code':
      return { kind: name };
    case 'format':
      return { kind: 'choice', choices: FORMATS };
    case 'verb':
      return { kind: 'choice', choices: VERBS };
    default:
      return { kind: 'free' };
  }
}

import type { Command } from 'commander';
import type { AddOptions } from '../runs/context.ts';
import { type ContextOf, examples, group } from './definition.ts';

export function addContext(program: Command, contextOf: ContextOf): void {
  const context = group(
    program,
    'context',
    'give servers names: add, use, ls, show, rm',
  ).description(
    'A context is a server by a name, with how to get to it. They are kept in contexts.json in ' +
      '$XDG_CONFIG_HOME/confer or ~/.config/confer, which names the file of a token and never holds one.\n\n' +
      'What is said nearest counts: a flag such as --url, or --context; the environment (CONFER_URL, ' +
      'CONFER_TOKEN, ...); CONFER_CONTEXT, or the context in use. Where a URL comes from a flag or ' +
      'CONFER_URL, nothing else is taken from the context in use: its token is for its server.',
  );
  addAdd(context, contextOf);
  context
    .command('use')
    .summary('use a context wherever nothing else is said')
    .argument('<context>')
    .addHelpText(
      'after',
      examples('confer context use dev', 'confer --context prod get /shop/port'),
    )
    .action(async (name: string, _: object, command: Command) => {
      const { useContext } = await import('../runs/context.ts');
      await useContext(contextOf(command), name);
    });
  context
    .command('ls')
    .summary('list the contexts; "*" is the one in use')
    .action(async (_: object, command: Command) => {
      const { listContexts } = await import('../runs/context.ts');
      await listContexts(contextOf(command));
    });
  context
    .command('show')
    .summary('show a context, or what commands here use')
    .argument('[context]', 'default: what commands use now, wherever it comes from')
    .action(async (name: string | undefined, _: object, command: Command) => {
      const { showContext } = await import('../runs/context.ts');
      await showContext(contextOf(command), name);
    });
  context
    .command('rm')
    .summary('forget a context; nothing changes at its server')
    .argument('<context>')
    .action(async (name: string, _: object, command: Command) => {
      const { removeContext } = await import('../runs/context.ts');
      await removeContext(contextOf(command), name);
    });
}

/** `--url`, `--token-file`, `--ca`, `--cert` and `--key` are options of all commands. */
function addAdd(context: Command, contextOf: ContextOf): void {
  context
    .command('add')
    .summary('name a server')
    .description(
      'Names a server. Takes --url and, where they are needed, --token-file, --ca, --cert and --key; ' +
        'the files are named and not copied.',
    )
    .argument('<name>')
    .option('--production', 'ask before anything is written there, and say in red where that is')
    .addHelpText(
      'after',
      examples(
        'confer context add dev --url http://127.0.0.1:7480',
        'confer context add prod --url https://config.example:7480 --token-file ~/prod.token --production',
      ),
    )
    .action(async (name: string, _: object, command: Command) => {
      const { addContext: add } = await import('../runs/context.ts');
      await add(contextOf(command), name, command.optsWithGlobals<AddOptions>());
    });
}

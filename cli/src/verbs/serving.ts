import { DEFAULT_PORT } from '@confer/shared';
import type { Command } from 'commander';
import type { ServeOptions } from '../commands/serve.ts';
import { type ContextOf, examples } from './verb.ts';

export function addServing(program: Command, contextOf: ContextOf): void {
  program
    .command('serve')
    .summary('run the server')
    .description(
      'Runs the server. It prints its URL on stdout once it accepts connections, and ends cleanly ' +
        'on SIGTERM or Ctrl-C. It ends with 2 where it cannot start on its data, and with 1 where its ' +
        'storage failed while it ran.',
    )
    .option('--data <directory>', 'where the data are kept', './data')
    .option('--listen <host:port>', 'the address', `127.0.0.1:${DEFAULT_PORT}`)
    .addOption(program.createOption('--memory', 'keep nothing: for tests').conflicts('data'))
    .addOption(
      program
        .createOption('--transport <name>', 'the socket library (default: uws where it runs)')
        .choices(['uws', 'ws']),
    )
    .option('--insecure', 'listen beyond this machine although nobody is authenticated')
    .option(
      '--accept-loss',
      'start although data are missing or older than the directory says; the log says what is lost',
    )
    .option('--keep-age <time>', 'history is kept for at least this long (default: 24h)')
    .option('--keep-commits <count>', 'and at least so many commits of it (default: 100000)')
    .addHelpText(
      'after',
      examples(
        'confer serve',
        'confer serve --data /var/lib/confer --keep-age 72h',
        'confer serve --memory',
      ),
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../commands/serve.ts');
      await serve(contextOf(command), options);
    });

  program
    .command('compact')
    .summary('drop history up to a revision')
    .description(
      'Drops history up to a revision, or all of it; entries stay. The server does this by itself ' +
        'as history grows old (see serve).',
    )
    .argument('[revision]', 'default: the current one')
    .addHelpText('after', examples('confer compact', 'confer compact 4200'))
    .action(async (revision: string | undefined, _: object, command: Command) => {
      const { compact } = await import('../commands/compact.ts');
      await compact(contextOf(command), revision);
    });

  program
    .command('version')
    .summary('print the version')
    .action(async (_: object, command: Command) => {
      const { version } = await import('../commands/version.ts');
      await version(contextOf(command));
    });
}

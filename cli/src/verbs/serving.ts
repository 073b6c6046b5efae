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
        'on SIGTERM or Ctrl-C.',
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
    .addHelpText(
      'after',
      examples('confer serve', 'confer serve --data /var/lib/confer', 'confer serve --memory'),
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../commands/serve.ts');
      await serve(contextOf(command), options);
    });

  program
    .command('version')
    .summary('print the version')
    .action(async (_: object, command: Command) => {
      const { version } = await import('../commands/version.ts');
      await version(contextOf(command));
    });
}

import { DEFAULT_PORT } from '@confer/shared';
import type { Command } from 'commander';
import type { ServeOptions } from '../runs/serve.ts';
import { type ContextOf, examples } from './definition.ts';

export function addServe(program: Command, contextOf: ContextOf): void {
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
      const { serve } = await import('../runs/serve.ts');
      await serve(contextOf(command), options);
    });
}

import type { Command } from 'commander';
import type { SelfSignedOptions } from '../runs/tls.ts';
import { type ContextOf, examples, gather } from './definition.ts';

export function addTls(program: Command, contextOf: ContextOf): void {
  const tls = program.command('tls').summary('make certificates for trying TLS').helpCommand(false);
  tls
    .command('self-signed')
    .summary('make an authority and a certificate for a server')
    .description(
      'Makes an authority of its own and a certificate that it signs, to try TLS with: ca.pem for ' +
        'clients, server.pem and server-key.pem for the server. The key of the authority is not kept, so ' +
        'nobody can sign with it again.',
    )
    .option(
      '--host <name>',
      'a name or address of the server beside localhost (several times)',
      gather,
    )
    .option('--days <count>', 'how long it is good', '30')
    .requiredOption('--out <directory>', 'where the three files are written')
    .addHelpText(
      'after',
      examples(
        'confer tls self-signed --out ./tls',
        'confer tls self-signed --host config.example --host 10.0.0.5 --out ./tls',
      ),
    )
    .action(async (options: SelfSignedOptions, command: Command) => {
      const { selfSigned } = await import('../runs/tls.ts');
      await selfSigned(contextOf(command), options);
    });
}

import type { Command } from 'commander';
import type { RecoverOptions } from '../runs/token-offline.ts';
import { type ContextOf, examples } from './definition.ts';

export function addTokenOffline(token: Command, contextOf: ContextOf): void {
  token
    .command('generate')
    .summary('make the text of a token, for serve --bootstrap-token-file')
    .description(
      'Makes the text of a token, without a server. It lets nobody in before a server takes it for that of its ' +
        'first admin: confer serve --auth on --bootstrap-token-file FILE',
    )
    .option('--out <file>', 'write the token into a new file that only you can read')
    .addHelpText('after', examples('confer token generate --out root.token'))
    .action(async (options: { out?: string }, command: Command) => {
      const { generateToken } = await import('../runs/token-offline.ts');
      await generateToken(contextOf(command), options);
    });
  token
    .command('recover')
    .summary('make a token of an admin in the data of a server that is stopped')
    .description(
      'For who is locked out: writes a token of the role admin into the data directory of a server that is ' +
        'stopped, and prints it. It is in the history like every other token.',
    )
    .requiredOption('--data <directory>', 'where the data are kept')
    .option('--name <name>', 'of the token (default: recovered-DATE-TIME)')
    .option('--expires <time>', 'when it expires: 24h, 2027-01-31, never', '24h')
    .option('--out <file>', 'write the token into a new file that only you can read')
    .addHelpText('after', examples('confer token recover --data /var/lib/confer --out root.token'))
    .action(async (options: RecoverOptions, command: Command) => {
      const { recoverToken } = await import('../runs/token-offline.ts');
      await recoverToken(contextOf(command), options);
    });
}

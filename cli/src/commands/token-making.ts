import type { Command } from 'commander';
import type { CreateOptions, RotateOptions } from '../runs/token-making.ts';
import { type ContextOf, examples, gather, writing } from './definition.ts';

export function addTokenMaking(token: Command, contextOf: ContextOf): void {
  addCreate(token, contextOf);
  writing(token.command('rotate'), contextOf)
    .summary('give a token another secret')
    .description(
      'Gives a token another secret and prints it, alone, on stdout. The one before is good for the overlap, ' +
        'so that nobody is locked out while it is changed everywhere. --out replaces a file that is there.',
    )
    .argument('<id|name>')
    .option('--overlap <time>', 'how long the old secret is good, too: 24h (the default), 0, 30d')
    .option('--expires <time>', 'when it expires: 90d, 2027-01-31, never (default: as before)')
    .option('--out <file>', 'write the token into a file that only you can read')
    .addHelpText(
      'after',
      examples(
        'confer token rotate ci --out ci.token',
        'confer token rotate ci --overlap 0            it was seen by others: end the old one now',
      ),
    )
    .action(async (name: string, options: RotateOptions, command: Command) => {
      const { rotateToken } = await import('../runs/token-making.ts');
      await rotateToken(contextOf(command), name, options);
    });
}

function addCreate(token: Command, contextOf: ContextOf): void {
  writing(token.command('create'), contextOf)
    .summary('make a token')
    .description(
      'Makes a token and prints it, alone, on stdout; everything else goes to stderr. Nobody can be shown it ' +
        'again. Its name becomes "updatedBy" of what is written with it.',
    )
    .argument('<name>')
    .option('--role <name>', 'what it may do; may be given again', gather)
    .option('--expires <time>', 'when it expires: 90d (the default), 2027-01-31, never')
    .option('--not-before <time>', 'from when it is good: 2h, 2027-01-31')
    .option('--note <text>', 'why, for those who read it')
    .option('--out <file>', 'write the token into a new file that only you can read')
    .addHelpText(
      'after',
      examples(
        'confer token create ci --role shop-writer --out ci.token',
        'confer token create shop --role shop-reader --expires never --note "all shops"',
        'confer token create root --role admin --token-file data/bootstrap-token --out root.token',
      ),
    )
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { createToken } = await import('../runs/token-making.ts');
      await createToken(contextOf(command), name, options);
    });
}

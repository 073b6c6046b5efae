import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type ContextOf, writing } from './definition.ts';

type Run = (context: Context, token: string) => Promise<void>;
type Runs = typeof import('../runs/token-keeping.ts');

export function addTokenKeeping(token: Command, contextOf: ContextOf): void {
  const add = (command: Command, summary: string, run: (runs: Runs) => Run) =>
    command
      .summary(summary)
      .argument('<id|name>')
      .action(async (which: string, _: object, command: Command) => {
        await run(await import('../runs/token-keeping.ts'))(contextOf(command), which);
      });
  token
    .command('ls')
    .summary('list the tokens, without their secrets')
    .action(async (_: object, command: Command) => {
      const { listTokens } = await import('../runs/token-keeping.ts');
      await listTokens(contextOf(command));
    });
  add(token.command('show'), 'show a token, and what it may do', ({ showToken }) => showToken);
  add(
    writing(token.command('disable'), contextOf),
    'end the connections of a token, and let it in no more',
    (runs) => runs.disableToken,
  );
  add(
    writing(token.command('enable'), contextOf),
    'let a disabled token in again',
    ({ enableToken }) => enableToken,
  );
  add(
    writing(token.command('rm'), contextOf),
    'remove a token, which ends its connections',
    ({ removeToken }) => removeToken,
  );
}

import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { ContextOf } from './definition.ts';

type Run = (context: Context, token: string) => Promise<void>;
type Runs = typeof import('../runs/token-keeping.ts');

export function addTokenKeeping(token: Command, contextOf: ContextOf): void {
  const add = (name: string, summary: string, run: (runs: Runs) => Run) =>
    token
      .command(name)
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
  add('show', 'show a token, and what it may do', ({ showToken }) => showToken);
  add(
    'disable',
    'end the connections of a token, and let it in no more',
    (runs) => runs.disableToken,
  );
  add('enable', 'let a disabled token in again', ({ enableToken }) => enableToken);
  add('rm', 'remove a token, which ends its connections', ({ removeToken }) => removeToken);
}

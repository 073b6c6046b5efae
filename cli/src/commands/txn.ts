import type { Command } from 'commander';
import type { TxnCommandOptions } from '../runs/txn.ts';
import { type ContextOf, examples, writing } from './definition.ts';

const FORM = `
The form, in YAML or JSON:
  if:                                         all must hold, or there is none
    - { path: /shop/leader, exists: false }   one of exists, value, modRevision, createRevision,
    - { path: /shop, unchangedSince: 812 }    version, lease; unchangedSince is about all below, too
  then:                                       done as one commit where they do
    - { put: /shop/leader, value: orders-1 }
    - { delete: /shop/old, recursive: true }
  else:                                       done where one does not
    - { get: /shop/leader }
    - { list: /shop, depth: 1, values: false, limit: 100 }
`;

export function addTxn(program: Command, contextOf: ContextOf): void {
  writing(program.command('txn'), contextOf)
    .summary('do one of two things as one commit, by what is there')
    .description(
      'Does one of two branches as one commit, applied as a whole or not at all: what is below "then" where all ' +
        'conditions below "if" hold, and what is below "else" where one does not. get and list show what was there ' +
        'just before it. Values are data, as import reads them.\n\n' +
        'Exits with 0 whichever branch was done, and with 4 where a condition does not hold and there is no "else": ' +
        'then nothing was written.',
    )
    .argument('[file]', 'the transaction; "-" or nothing takes stdin')
    .option('--note <text>', 'why, for those who read the history (default: the note of the file)')
    .addHelpText('after', FORM)
    .addHelpText(
      'after',
      examples(
        'confer txn take-over.yaml',
        'confer txn -o json < swap.yaml',
        'confer txn swap.json -y',
      ),
    )
    .action(async (file: string | undefined, options: TxnCommandOptions, command: Command) => {
      const { txn } = await import('../runs/txn.ts');
      await txn(contextOf(command), file, options);
    });
}

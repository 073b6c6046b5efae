import type { Command } from 'commander';
import type { ElectOptions } from '../runs/elect.ts';
import { type ContextOf, examples, writing } from './definition.ts';
import { holdingOptions } from './holding.ts';

export function addElect(program: Command, contextOf: ContextOf): void {
  const command = program
    .command('elect')
    .summary('run a program as long as it leads')
    .usage('[options] NAME -- CMD [ARGS...]')
    .description(
      'Campaigns in the election NAME and runs CMD once it leads, with --value for all to see; for the rest it is ' +
        'as lock: CMD is ended when the lead is lost, which is exit 6, and has CONFER_FENCING_TOKEN. NAME is below ' +
        '/elections, or a path of its own. --show prints who leads, and --watch each new leader as well.',
    )
    .argument('<name...>');
  holdingOptions(command)
    .option('--value <value>', 'what the leader says, such as its address (default: USER@HOST)')
    .option('--show', 'do not campaign: print what the leader says; exit 3 where nobody leads')
    .addOption(
      program
        .createOption('--watch', 'the same, and again whenever it is another')
        .conflicts('show'),
    );
  writing(command, contextOf)
    .addHelpText(
      'after',
      examples(
        'confer elect scheduler --value 10.0.0.7:9000 -- ./scheduler',
        'confer elect scheduler --show',
        'confer elect scheduler --watch -o ndjson',
      ),
    )
    .action(async (given: readonly string[], options: ElectOptions, running: Command) => {
      const { elect } = await import('../runs/elect.ts');
      await elect(contextOf(running), given, options);
    });
}

import type { Command } from 'commander';
import type { ExecOptions } from '../runs/exec.ts';
import { type ContextOf, examples } from './definition.ts';

export function addExec(program: Command, contextOf: ContextOf): void {
  program
    .command('exec')
    .summary('run a program with its environment from a subtree')
    .usage('[options] PATH [PATH...] -- CMD [ARGS...]')
    .description(
      'Runs CMD with variables from a subtree, on top of its own environment: /svc/http/port below /svc is ' +
        'HTTP_PORT, and of several subtrees the last one wins. CMD starts when the values are there, however long ' +
        'the server takes (or --timeout), and is started again when they change. It keeps running while the ' +
        'server is away. When CMD ends by itself, so does this, with its exit code (128+N after signal N). Signals ' +
        'to this go to CMD. A value that no variable can hold changes nothing until it is mended.',
    )
    .argument('<path...>')
    .option(
      '--on-change <action>',
      'restart, or a signal for CMD, such as HUP: it keeps running, and its variables stay as they ' +
        'were, as those of a process cannot change (default: restart)',
    )
    .addOption(
      program
        .createOption('--once', 'start it with what is there now, and let it be')
        .conflicts(['onChange', 'debounce']),
    )
    .option(
      '--debounce <min:max>',
      'wait until nothing has changed for MIN, at most MAX (default: 500ms:10s)',
    )
    .option('--stop-timeout <time>', 'from SIGTERM to SIGKILL, when it is started again', '10s')
    .option('--pristine', 'give it the variables of the subtree, PATH and HOME, and no others')
    .addHelpText(
      'after',
      examples(
        'confer exec /svc/orders -- ./orders --verbose',
        'confer exec /svc/defaults /svc/orders -- env',
        'confer exec /svc/orders --on-change HUP -- ./orders',
        'confer exec /svc/orders -- sh -c \'exec ./orders --port "$HTTP_PORT"\'',
      ),
    )
    .action(async (given: readonly string[], options: ExecOptions, command: Command) => {
      const { exec } = await import('../runs/exec.ts');
      await exec(contextOf(command), given, options);
    });
}

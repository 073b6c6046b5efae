import type { Command, Option } from 'commander';
import type { Flags } from '../serving/from-flags.ts';
import type { Setting } from '../serving/setting.ts';
import { allSettings, CONFIG } from '../serving/table.ts';
import { type ContextOf, examples, gather } from './definition.ts';

export function addServe(program: Command, contextOf: ContextOf): void {
  const command = program
    .command('serve')
    .summary('run the server')
    .description(
      'Runs the server. It prints its URL on stdout once it accepts connections, and ends cleanly ' +
        'on SIGTERM or Ctrl-C; a second one ends it at once. It ends with 2 where it cannot start on its data, and with 1 where its ' +
        'storage failed while it ran. With --engine etcd it keeps nothing: it is a gateway, and there may be ' +
        'any number of them over one cluster.\n\n' +
        'What is not said by a flag may be in the environment (--tls-cert is CONFER_TLS_CERT) or else in a ' +
        'file (--config). On SIGHUP a server without a terminal reads the file again.',
    );
  for (const setting of allSettings) command.addOption(optionOf(program, setting));
  command
    .addOption(
      program
        .createOption('--memory', 'keep nothing: for tests; the same as --engine memory')
        .conflicts(['data', 'engine']),
    )
    .option(`--${CONFIG.flag} <file>`, `a file of settings (YAML; default: ${CONFIG.variable})`)
    .option('--check-config', 'say all that is wrong with the settings, and start nothing')
    .option('--print-config', 'print the settings and where each comes from, and start nothing')
    .addHelpText(
      'after',
      examples(
        'confer serve',
        'confer serve --data /var/lib/confer --keep-age 72h',
        'confer serve --memory',
        'confer serve --auth on',
        'confer serve --tls-cert tls/server.pem --tls-key tls/server-key.pem',
        'confer serve --engine etcd --etcd http://10.0.0.1:2379,http://10.0.0.2:2379',
        'confer serve --config /etc/confer.yaml --check-config',
      ),
    )
    .action(async (flags: Flags, command: Command) => {
      const { serve } = await import('../runs/serve.ts');
      await serve(contextOf(command), flags);
    });
}

/** The flag of a setting. Commander is told of no default, so that nobody is taken to have said it. */
function optionOf(
  program: Command,
  { flag, kind, help, initial, otherwise }: Setting<unknown>,
): Option {
  const { placeholder, choices, isMany } = kind;
  const said = placeholder === undefined ? undefined : (initial ?? otherwise);
  const option = program.createOption(
    `--${flag}${placeholder === undefined ? '' : ` ${placeholder}`}`,
    said === undefined ? help : `${help} (default: ${said})`,
  );
  if (choices !== undefined) option.choices(choices);
  return isMany === true ? option.argParser(gather) : option;
}

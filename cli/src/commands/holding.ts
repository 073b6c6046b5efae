import type { Command } from 'commander';

/** The options of what runs a program while something is held. */
export function holdingOptions(command: Command): Command {
  return command
    .option('--wait <time>', 'how long to wait for others; 0: not at all (default: for ever)')
    .option('--ttl <time>', 'how long it stays with a holder that died: 2s to 24h', '15s')
    .option(
      '--stop-timeout <time>',
      'from SIGTERM to SIGKILL for CMD when it is lost; the default is before anybody else can hold it',
      '300ms',
    );
}

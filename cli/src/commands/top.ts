import type { Command } from 'commander';
import type { TopOptions } from '../runs/top.ts';
import { sorts } from '../top/slowest.ts';
import { type ContextOf, examples } from './definition.ts';

export function addTop(program: Command, contextOf: ContextOf): void {
  program
    .command('top')
    .summary('show live what the server does, and its slowest clients')
    .description(
      'Shows what the server does as it does it: commits, changes delivered, requests and resyncs a second; connections, ' +
        'watches, memory and how busy it is; and the clients for whom the most bytes wait or who are furthest behind. ' +
        'Where the server goes away it says since when, and goes on when it is back. Of a cluster, it is the gateway that ' +
        'answers. Where the output is no terminal, or with -o ndjson, it prints one frame after each interval. Needs the ' +
        'right to operate on /.',
    )
    .option('--interval <time>', 'between two readings: 500ms, 2s', '2s')
    .option('-n, --iterations <number>', 'print so many frames, and end')
    .addOption(
      program
        .createOption('--sort <order>', 'the slowest, by what')
        .choices(sorts)
        .default('waiting'),
    )
    .addHelpText(
      'after',
      `
Keys: q or Ctrl-C ends it; w, b, n and t sort by waiting, behind, name and time.

  delivered   changes, as often as each was handed to a live watch
  catch-up    pieces of work on watches that are behind or begin
  behind      revisions between the server and what the client has applied, as it said with its last
              heartbeat: some seconds of writes for everybody, much more for who does not keep up
  event loop  the longest that nobody was served, in the last ten to twenty seconds
${examples(
  'confer top                              live, on a terminal',
  'confer top -n 1 | cat                   one frame',
  'confer top -o ndjson --interval 10s     a line each ten seconds, for programs',
)}`,
    )
    .action(async (options: TopOptions, command: Command) => {
      const { top } = await import('../runs/top.ts');
      await top(contextOf(command), options);
    });
}

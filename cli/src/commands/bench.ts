import type { Command } from 'commander';
import type { BenchOptions } from '../bench/plan.ts';
import { type ContextOf, examples, writing } from './definition.ts';

export function addBench(program: Command, contextOf: ContextOf): void {
  writing(program.command('bench'), contextOf)
    .summary('put a load on a server, and measure how it does')
    .description(
      'Writes to a server and watches what is written, for a while, and prints how much it did and how long that took. ' +
        'It works below a subtree of its own, /confer-bench/ID, which it removes at the end, also when you stop it with ' +
        'Ctrl-C; the history of the server keeps what was written for as long as it keeps anything. It takes a server on ' +
        'this machine, or --allow-remote. Needs the right to read and write below /confer-bench.\n\n' +
        'It shows what this server does for programs like this one, over the network that lies between. "pnpm bench", in the ' +
        'repository, is the one that compares: it starts what it measures, and counts its processor time.',
    )
    .option('--writers <number>', 'connections that write, one write under way in each', '16')
    .option('--watchers <number>', 'connections that watch everything that is written', '10')
    .option('--size <bytes>', 'of each value', '100')
    .option('--entries <number>', 'that are written to, in turn', '1000')
    .option('--duration <time>', 'how long is counted, after a second that is not', '10s')
    .option(
      '--rate <number>',
      'writes a second of all writers; without it as many as they get answered',
    )
    .option('--allow-remote', 'load a server that is not on this machine')
    .addHelpText(
      'after',
      `
What is counted:
  writes     from when a write begins until its answer. Without --rate, who waits writes nothing, so a
             server that stands still for a second has but one slow write from each writer. With --rate,
             writes are due at even distances, and one that was due while all writers waited counts from
             when it was due.
  delivered  each change, at each watcher: from the same moment until its program is told
The time that this process itself takes is in both. It says how busy it was: from 80 % on, that is what
you see.
${examples(
  'confer bench                                     as many writes as 16 writers get answered',
  'confer bench --rate 500 --watchers 200           how long they take at a rate',
  'confer bench --size 10000 --duration 1m -o json  for programs; times in ms',
)}`,
    )
    .action(async (options: BenchOptions, command: Command) => {
      const { bench } = await import('../runs/bench.ts');
      await bench(contextOf(command), options);
    });
}

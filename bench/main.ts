import { work } from './load/process.ts';
import { serveBaseline } from './peers/baseline-server.ts';
import { runBench } from './run.ts';

/** One bundle, three roles: the bench itself, a process that makes load, the baseline's server. */
const [role, text = ''] = process.argv.slice(2);

if (role === 'baseline') serveBaseline(Number(text));
else if (role === 'load') {
  process.stdout.write(JSON.stringify(await work(JSON.parse(text))), () => process.exit());
} else await runBench(process.argv.slice(2));

// What `crash.test.ts` runs in processes of its own, on what was built: node child.mjs <mode> <directory>.
// `required` writes as fast as the disk goes, `best-effort` some thousand events a second. It says on stdout which
// events were recorded, as soon as that is promised, and each head.
import { writeSync } from 'node:fs';
import { openAudit } from '../../dist/audit/audit.js';
import { systemRuntime } from '../../dist/runtime.js';

const [, , mode, directory] = process.argv;
const say = (line) => writeSync(1, `${line}\n`);
const { clock, defer } = systemRuntime;

const audit = await openAudit({
  directory,
  mode,
  gateway: 'child',
  clock,
  defer,
  log: (level, message) => say(`${level} ${message}`),
  fileBytesMax: 64 * 1024,
  onHead: ({ seq, hash }) => say(`head ${seq} ${hash}`),
});
say('open');

const who = { kind: 'token', principal: 'child' };
let count = 0;

for (let writer = 0; writer < 16; writer++) void write();

async function write() {
  for (;;) {
    const requestId = `${process.pid}-${count++}`;
    await audit.record({
      event: 'commit',
      outcome: 'done',
      reason: 'r',
      who,
      requestId,
      paths: [],
    });
    if (mode === 'required') say(requestId);
    else await new Promise((resume) => setTimeout(resume, 5));
  }
}

// A program as a user would write one: connects, leaves as soon as it is open, and has no more to do.
import { connect } from '@confer/client';

const confer = connect(process.argv[2]);
confer.on('status', async ({ kind }) => {
  if (kind !== 'open') return;
  await confer.close();
  process.stdout.write('closed\n');
});

import { expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { answering, ask, OK } from './exchange.contract.ts';
import { type Host, until } from './scene.contract.ts';
import { wsTransport } from './ws.ts';

/** The server has read what was sent before. */
async function isRead(at: Host): Promise<void> {
  const raw = await ask(at, 'GET /a', 'Connection: close');
  await until(() => raw.phase !== 'open');
}

it('ends a request that takes longer than ten seconds over 160 KiB of a body', async () => {
  const clock = new VirtualClock();
  const at = await answering(
    wsTransport,
    (exchange) => exchange.readBody(1_000_000, (body) => exchange.answer(OK, `${body.length}.`)),
    { clock },
  );
  const steady = await ask(at, 'PUT /steady', 'Content-Length: 500000');
  const slow = await ask(at, 'PUT /slow', 'Content-Length: 500000');
  await until(() => at.seen.length === 2);
  for (const bytes of [164_000, 164_000]) {
    steady.tcp.write('x'.repeat(bytes));
    slow.tcp.write('x'.repeat(1_000));
    await isRead(at);
    expect(at.gone).toEqual([]);
    clock.advanceAtOnce(9_000);
  }
  await until(() => slow.phase !== 'open');
  expect(at.gone.map(({ head }) => head.path)).toEqual(['/slow']);
  steady.tcp.write('x'.repeat(172_000));
  await until(() => steady.received.endsWith('500000.'));
});

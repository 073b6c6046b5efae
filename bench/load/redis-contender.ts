import type { Contender, ContendOptions } from './driver.ts';
import { command, RedisWire } from './resp.ts';

/** Redis has no revisions: the script compares the value. */
const SCRIPT =
  "local now = redis.call('GET', KEYS[1]) or '0'; if now ~= ARGV[1] then return now end; redis.call('SET', KEYS[1], ARGV[2]); return 'won'";

export function contendInRedis({ port, address, onDone }: ContendOptions): Contender {
  const key = `${address.subtree}/${address.key}`;
  let known = 0;
  const wire = new RedisWire(port, (bytes, start, end) => {
    const [, answer] = bytes.toString('latin1', start, end).split('\r\n');
    known = answer === 'won' ? known + 1 : Number(answer);
    onDone(answer === 'won' ? known : undefined);
  });
  return {
    ready: wire.opened,
    attempt: () => wire.send(command('EVAL', SCRIPT, '1', key, String(known), String(known + 1))),
    close: () => wire.close(),
  };
}

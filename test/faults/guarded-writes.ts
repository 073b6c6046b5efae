import { isLong } from '../support/extent.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { asked, type Cost, newId, newRequestId, type Operation } from './asking.ts';

/** Of more, to write them would take longer than to judge them. */
const COUNT = isLong ? 30_000 : 3_000;
const PART = 10_000;
/** Nearly as many segments as a path may have. */
const DEEP = '/a'.repeat(56);

/**
 * Somebody with 256 deep grants and as many denials, none of which meets what is written: each path has to be held
 * against all of them, to its end.
 */
async function writerOf(admin: RawSocket, url: string): Promise<RawSocket> {
  const name = `writer-${newId()}`;
  const on = (below: string) =>
    Array.from({ length: 256 }, (_, i) => ({
      ...{ verbs: ['read', 'write'], on: `/g${i}${DEEP}${below}` },
    }));
  await asked(admin, 1, 'authChanged', {
    ...{ type: 'setRole', name, allow: on(''), deny: on('/denied/d') },
  });
  const token = { type: 'createToken', id: newId(), name, roles: [name], expiresAt: null };
  admin.send(token);
  const made = await admin.next('tokenMade', 60_000);
  return RawSocket.welcomed(url, String(made.token));
}

const puts = Array.from({ length: COUNT }, (_, i) => ({
  ...{ type: 'put', path: `/g${i % 256}${DEEP}/denied/e${i}`, value: 'x' },
}));

/** Sends it in parts, each with so many of the puts. */
async function inParts(
  raw: RawSocket,
  type: string,
  one: (operations: readonly Operation[]) => Operation,
): Promise<void> {
  const about = { type, id: newId(), requestId: newRequestId() };
  for (let part = 0; part * PART < puts.length; part++) {
    const own = puts.slice(part * PART, (part + 1) * PART);
    const more = (part + 1) * PART < puts.length ? { more: true } : {};
    raw.send({ ...about, ...one(own), part, ...more });
  }
  await raw.next(type === 'txn' ? 'decided' : 'committed', 60_000);
}

const TITLE = '30,000 puts of 58 segments under 256 deep grants and as many denials';

/** What somebody writes whose rights take long to look through. */
export const guardedWrites: Readonly<Record<'commit' | 'txn', Cost>> = {
  commit: {
    title: TITLE,
    isGuarded: true,
    async act(raw, url) {
      const writer = await writerOf(raw, url);
      await inParts(writer, 'commit', (operations) => ({ operations }));
      writer.close();
    },
  },
  txn: {
    title: TITLE,
    isGuarded: true,
    async act(raw, url) {
      const writer = await writerOf(raw, url);
      await inParts(writer, 'txn', (then) => ({ if: [], then }));
      writer.close();
    },
  },
};

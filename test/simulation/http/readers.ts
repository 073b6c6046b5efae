import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { sameEntry } from '../../model/model.ts';
import type { Network } from '../../support/network.ts';
import type { ServerHost } from '../server-host.ts';
import { EventReader } from './event-reader.ts';
import type { Ask, HttpReader } from './http-reader.ts';
import { ReaderLink } from './reader-link.ts';
import { HTTP_READER } from './server-side.ts';
import { WaitingReader } from './wait-reader.ts';

interface Surroundings {
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly server: ServerHost;
}

/** Some who read server-sent events, and some who wait. */
export function httpReaders(
  { clock, network, server }: Surroundings,
  random: SeededRandom,
): HttpReader[] {
  return Array.from({ length: random.int(2, 4) }, (_, i) => {
    const name = `${HTTP_READER}${i}`;
    const open = network.opener(name);
    const own = random.fork();
    const ask: Ask = (request, handlers) =>
      void new ReaderLink(open, clock, request, handlers, own);
    const options = { name, clock, random: own, ask, histories: server };
    return random.chance(0.7) ? new EventReader(options) : new WaitingReader(options);
  });
}

/** W6, W7: in peace each is at the newest revision, and has just what there is. */
export function* readerProblems(reader: HttpReader, server: ServerHost): Generator<string> {
  yield* reader.problems;
  const { model, history } = server;
  const { name, position, entries } = reader;
  if (position === undefined) yield `W7 ${name} has nothing in peace`;
  else if (server.historyOf(position) !== history)
    yield `W7 ${name} is in another history in peace`;
  else if (position.revision !== model.revision)
    yield `W6 ${name} is at ${position.revision} of ${model.revision} in peace`;
  if (entries === undefined) return;
  const expected = model.subtreeAt(model.revision, reader.subtree);
  for (const { path, ...entry } of entries) {
    const held = expected.get(path);
    if (held === undefined || !sameEntry(held, entry)) yield `W7 ${name} shows ${path} wrongly`;
    expected.delete(path);
  }
  for (const path of expected.keys()) yield `W7 ${name} lacks ${path}`;
}

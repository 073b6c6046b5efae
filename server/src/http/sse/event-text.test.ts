import { type DownMessage, encode } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { type EventText, EventTexts, eventText } from './event-text.ts';

const history = { epoch: 'e', timeline: 't' };
/** All that may look like a field of the message, and is none. */
const SLY = '","to":99,"revision":98,"more":true}\n\nid: e.97\n\n\r\n\u2028';

function of(message: DownMessage): EventText & { readonly text: string } {
  const made = eventText(new TextEncoder().encode(encode(message)), history);
  return { ...made, text: new TextDecoder().decode(made.bytes) };
}

const commit = (value: string) => ({
  ...{ revision: 7, time: 1, actor: SLY, note: SLY },
  changes: [{ type: 'put', path: `/${SLY}`, value, createRevision: 1, version: 1 } as const],
});

describe('W5 the event of a message', () => {
  it.each<[DownMessage, number | undefined, boolean]>([
    [{ type: 'commits', watch: 'w', from: 5, to: 7, commits: [commit(SLY)] }, 7, false],
    [
      { type: 'commits', watch: 'w', from: 5, to: 7, commits: [commit('x'.repeat(9_000))] },
      7,
      false,
    ],
    [
      { type: 'commits', watch: 'w', from: 5, to: 7, commits: [commit(SLY)], more: true },
      undefined,
      true,
    ],
    [{ type: 'commits', watch: 'w', from: 5, to: 7, commits: [] }, 7, false],
    [{ type: 'synced', watch: 'w', revision: 7, by: 'nothing' }, 7, false],
    [{ type: 'synced', watch: 'w', revision: 7, entries: 9, digest: 'd' }, 7, false],
    [{ type: 'snapshot', watch: 'w', revision: 7, entries: [] }, undefined, false],
    [{ type: 'difference', watch: 'w', from: 5, to: 7, changes: [] }, undefined, false],
    [{ type: 'resync', watch: 'w', reason: 'epoch', epoch: 'e' }, undefined, false],
    [{ type: 'revoked', watch: 'w', revision: 7 }, undefined, false],
    [
      {
        type: 'compacted',
        watch: 'w',
        reason: 'epoch',
        epoch: 'e',
        compactedRevision: 3,
        revision: 7,
      },
      7,
      false,
    ],
  ])('%j moves its reader to %s', (message, movesTo, goesOn) => {
    const made = of(message);
    expect(made).toMatchObject({ type: message.type, movesTo, goesOn });
    const id = movesTo === undefined ? '' : `id: e.${movesTo}.t\n`;
    // One line of data, whatever the message holds; and W3 who reads lines has that before the id that says so.
    expect(made.text).toBe(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n${id}\n`);
    expect(made.text.split('\n')).toHaveLength(movesTo === undefined ? 4 : 5);
  });

  it('is made once for a frame, of whatever kind its bytes are', () => {
    const texts = new EventTexts();
    const bytes = new TextEncoder().encode('{"type":"synced","watch":"w","revision":7}');
    const first = texts.of(bytes.buffer, history);
    expect(texts.of(bytes.buffer, history)).toBe(first);
    expect(texts.of(bytes, history).bytes).toEqual(first.bytes);
  });
});

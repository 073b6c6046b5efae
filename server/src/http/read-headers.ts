import type { HttpService } from './http-service.ts';
import { positionText } from './position-text.ts';

/** What an answer shows: the revision, and the position that a reader has come to with it. */
export function readHeaders(
  revision: number,
  { store }: Pick<HttpService, 'store'>,
): Readonly<Record<string, string>> {
  const timeline = store.timelines.at(-1)?.id;
  const position = {
    epoch: store.epoch,
    revision,
    ...(timeline === undefined ? {} : { timeline }),
  };
  return { 'confer-revision': String(revision), 'confer-position': positionText(position) };
}

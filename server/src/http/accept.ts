import type { RequestHead } from '../transport/request-head.ts';
import { headerOf } from '../transport/request-head.ts';

/** As many media types as anybody lists in earnest. */
const RANGES_MAX = 32;

/**
 * Which of the media types on offer the asker likes best: the first one where it says nothing, or nothing that is on
 * offer (RFC 9110, 12.5.1, leaves that to the server).
 */
export function preferred<Type extends string>(
  head: RequestHead,
  offers: readonly [Type, ...Type[]],
): Type {
  const ranges = headerOf(head, 'accept').split(',', RANGES_MAX).map(rangeOf);
  let [best] = offers;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > bestQuality) [best, bestQuality] = [offer, quality];
  }
  return best;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range decides. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [family] = offer.split('/');
  for (const type of [offer, `${family}/*`, '*/*']) {
    const range = ranges.find((one) => one.type === type);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

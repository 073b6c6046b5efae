import { limits } from './limits.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENS_ARRAY = 0x5b;
const CLOSES_ARRAY = 0x5d;
const OPENS_OBJECT = 0x7b;
const CLOSES_OBJECT = 0x7d;

/** A frame that is no longer can hold no more than is allowed, whatever it is made of. */
const SHORT_LENGTH = 1_000;

/**
 * Why a frame would cost too much to be parsed, or `undefined`. The time that JSON takes grows with what
 * it holds, and far more with names of fields that were never seen: a hundred thousand of those take a
 * third of a second. `known`: the fields that messages have.
 */
export function shapeProblem(frame: string, known: ReadonlySet<string>): string | undefined {
  if (frame.length <= SHORT_LENGTH) return undefined;
  const { frameTokensMax, frameDepthMax, frameForeignFieldsMax } = limits;
  let tokens = 0;
  let depth = 0;
  let foreign = 0;
  let nameStart = 0;
  let nameEnd = 0;
  for (let i = 0; i < frame.length; i++) {
    switch (frame.charCodeAt(i)) {
      case QUOTE:
        nameStart = i + 1;
        nameEnd = i = endOfString(frame, nameStart);
        break;
      case COLON:
        if (!known.has(frame.slice(nameStart, nameEnd)) && ++foreign > frameForeignFieldsMax)
          return `a message has at most ${frameForeignFieldsMax} fields that no message has`;
        break;
      case OPENS_ARRAY:
      case OPENS_OBJECT:
        if (++depth > frameDepthMax) return `a frame is at most ${frameDepthMax} levels deep`;
        if (++tokens > frameTokensMax) return TOO_MANY_TOKENS;
        break;
      case COMMA:
        if (++tokens > frameTokensMax) return TOO_MANY_TOKENS;
        break;
      case CLOSES_ARRAY:
      case CLOSES_OBJECT:
        depth--;
        break;
      default:
    }
  }
  return undefined;
}

const TOO_MANY_TOKENS = `a message has at most ${limits.frameTokensMax} commas and opening brackets`;

/** Where the quote is that ends a string. */
function endOfString(frame: string, start: number): number {
  const quote = frame.indexOf('"', start);
  if (quote === -1) return frame.length;
  if (frame.charCodeAt(quote - 1) !== BACKSLASH) return quote;
  for (let i = start; i < frame.length; i++) {
    const unit = frame.charCodeAt(i);
    if (unit === BACKSLASH) i++;
    else if (unit === QUOTE) return i;
  }
  return frame.length;
}

/** The last word of a line of bash, up to the cursor. */
export interface BashLine {
  /** The words before it, without quotes, with the name of the program. */
  readonly words: readonly string[];
  /** The last word, without quotes. */
  readonly current: string;
  /** How much of `current` bash keeps as it is: it puts words only behind the last of its breaks. */
  readonly kept: number;
  /** The quote that is open at the cursor. */
  readonly quote: '"' | "'" | '';
}

const SPACE = /\s/;
/** In double quotes a backslash is one before these alone. */
const ESCAPED_IN_QUOTES = '"\\$`';

/**
 * Reads a line as bash does, as far as completion needs it: quotes, backslashes and spaces. What bash would expand
 * stays as it is typed, but for `~/`, of which nothing else could be made.
 */
export function readBashLine(line: string, breaks: string, home: string | undefined): BashLine {
  const words: string[] = [];
  let current = '';
  let kept = 0;
  let isWord = false;
  let isHome = false;
  let quote: BashLine['quote'] = '';
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quote === '' && SPACE.test(character)) {
      if (isWord) words.push(isHome ? home + current.slice(1) : current);
      [current, kept, isWord] = ['', 0, false];
      continue;
    }
    if (!isWord) isHome = home !== undefined && line.startsWith('~/', i);
    isWord = true;
    if (isQuote(character) && (quote === '' || quote === character)) {
      quote = quote === '' ? character : '';
      kept = current.length;
    } else if (character === '\\' && isEscape(line.charAt(i + 1), quote))
      current += line.charAt(++i);
    else {
      current += character;
      if (quote === '' && breaks.includes(character)) kept = current.length;
    }
  }
  return { words, current, kept, quote };
}

/** A word as it has to stand behind what is typed already. */
export function quotedForBash(word: string, quote: BashLine['quote']): string {
  switch (quote) {
    case "'":
      return word.replaceAll("'", `'\\''`);
    case '"':
      return word.replace(/["\\$`]/g, '\\$&');
    case '':
      return word.replace(/[^\w./@%+,\-\u0080-\uffff]/g, '\\$&');
  }
}

function isQuote(character: string): character is '"' | "'" {
  return character === '"' || character === "'";
}

function isEscape(next: string, quote: BashLine['quote']): boolean {
  if (next === '' || quote === "'") return false;
  return quote === '' || ESCAPED_IN_QUOTES.includes(next);
}

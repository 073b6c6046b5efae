/** The number of bytes of `text` in UTF-8. A lone surrogate counts as the three of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0;
    if (point >= 0x80) bytes += point < 0x800 ? 1 : 2;
    if (point > 0xffff) i++; // four bytes for the two code units of a pair
  }
  return bytes;
}

/** Whether `text` holds a surrogate without its other half, which UTF-8 cannot carry. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** Orders by Unicode code point, which is the order of the UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codeUnitRank(left) - codeUnitRank(right);
  }
  return a.length - b.length;
}

/** For the order of code points. Surrogates stand for those above U+FFFF, so they come last. */
export function codeUnitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

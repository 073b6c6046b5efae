import { orderKey, ROOT } from '@confer/shared';
import type { Place } from '../keys.ts';
import type { TableKeys, TableName } from '../tables.ts';

/**
 * A text for each key, so that JavaScript's own comparison of texts gives the order of the table. That
 * goes by UTF-16 code units, in which surrogates come before U+E000 to U+FFFF though they stand for
 * code points above them: so those two ranges change places.
 */
export type KeyText = string;

const NEEDS_MENDING = /[\ud800-\uffff]/;
const LAST_SURROGATE = 0xdfff;
const TO_THE_END = 0x2000;
const TO_THEIR_PLACE = 0x800;

/** A commit asks for the text of its path several times in a row. */
let lastPath = '';
let lastText: KeyText = '';

function pathText(path: string): KeyText {
  if (path === lastPath) return lastText;
  lastText = mendedText(path);
  lastPath = path;
  return lastText;
}

function mendedText(path: string): KeyText {
  const text = path === ROOT ? '' : orderKey(path);
  if (!NEEDS_MENDING.test(text)) return text;
  let mended = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800) mended += text.charAt(i);
    else
      mended += String.fromCharCode(unit + (unit <= LAST_SURROGATE ? TO_THE_END : -TO_THEIR_PLACE));
  }
  return mended;
}

const DIGIT = 2 ** 13;

/** Four digits of 13 bits hold any revision, and each is a character that needs no mending. */
function revisionText(revision: number): KeyText {
  const high = Math.floor(revision / DIGIT ** 2);
  const low = revision % DIGIT ** 2;
  return String.fromCharCode(
    Math.floor(high / DIGIT),
    high % DIGIT,
    Math.floor(low / DIGIT),
    low % DIGIT,
  );
}

function placeText([revision, path]: Place): KeyText {
  return revisionText(revision) + pathText(path);
}

export const keyTexts: { readonly [Name in TableName]: (key: TableKeys[Name]) => KeyText } = {
  entries: pathText,
  log: placeText,
  values: placeText,
  tombstones: pathText,
  tombstoneOrder: placeText,
  requests: revisionText,
  meta: (name) => name,
};

import { SyntaxProblem } from './parsed.ts';

/** The text of UTF-8 bytes, without a byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8(bytes);
  }
}

/** The text of UTF-8 bytes, exactly. `undefined` where they are not UTF-8. */
export function decodeExactly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Finds the first line that does not decode: no byte of a multi-byte character is a newline. */
function notUtf8(bytes: Uint8Array): SyntaxProblem {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const content = bytes.subarray(start, end);
    if (decodeExactly(content) === undefined)
      return new SyntaxProblem('the file is not UTF-8', { line, column: badColumn(content) });
    line++;
    start = end + 1;
  }
  return new SyntaxProblem('the file is not UTF-8', undefined);
}

function badColumn(line: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let characters = 0;
  for (const byte of line) {
    try {
      characters += decoder.decode(Uint8Array.of(byte), { stream: true }).length;
    } catch {
      break;
    }
  }
  return characters + 1;
}

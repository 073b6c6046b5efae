/** A text as one word of `sh`, whatever it holds; plain words stay as they are. */
export function shellQuote(text: string): string {
  return /^[\w./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Bar {
  readonly name: string;
  readonly figure: number;
  readonly text: string;
}

export const INK = '#222222';
export const MUTED = '#666666';

/** The same for a system in every chart. */
const COLOURS: Readonly<Record<string, string>> = {
  confer: '#0b6bcb',
  baseline: '#8a8a8a',
  etcd: '#d9480f',
  redis: '#c2255c',
  nats: '#2b8a3e',
};

export function colourOf(name: string): string {
  return COLOURS[name] ?? INK;
}

export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="24" font-size="15" fill="${INK}">${escaped(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

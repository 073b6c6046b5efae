import { type Bar, colourOf, escaped, INK, MUTED, svg } from './svg.ts';

const WIDTH = 640;
const ROW = 24;
const TOP = 44;
const NAMES = 110;
const FIGURES = 80;

/** A bar for each system, from zero, with its figure behind it. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ figure }) => figure));
  const room = WIDTH - NAMES - FIGURES;
  const rows = bars.map(({ name, figure, text }, i) => {
    const y = TOP + i * ROW;
    const width = Math.max(1, (figure / most) * room);
    return [
      `<text x="${NAMES - 8}" y="${y + 13}" text-anchor="end" fill="${INK}">${escaped(name)}</text>`,
      `<rect x="${NAMES}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 7}" fill="${colourOf(name)}"/>`,
      `<text x="${(NAMES + width + 6).toFixed(1)}" y="${y + 13}" fill="${MUTED}">${escaped(text)}</text>`,
    ].join('');
  });
  return svg(WIDTH, TOP + bars.length * ROW + 8, title, rows);
}

import { colourOf, escaped, INK, MUTED, svg } from './svg.ts';

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const RIGHT = 110;
const TOP = 48;
const BOTTOM = 46;

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/**
 * Both axes in powers of ten: what does not grow is level, and what grows in proportion goes up as
 * steeply as it goes along.
 */
export function lineChart(title: string, xTitle: string, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points);
  const x = axis(
    points.map((point) => point.x),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = axis(
    points.map((point) => point.y),
    HEIGHT - BOTTOM,
    TOP,
  );
  const grid = [
    ...x.ticks.map(
      (tick) =>
        `<line x1="${x.at(tick)}" y1="${TOP}" x2="${x.at(tick)}" y2="${HEIGHT - BOTTOM}" stroke="#e4e4e4"/>` +
        `<text x="${x.at(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="${MUTED}">${tick.toLocaleString('en')}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<line x1="${LEFT}" y1="${y.at(tick)}" x2="${WIDTH - RIGHT}" y2="${y.at(tick)}" stroke="#e4e4e4"/>` +
        `<text x="${LEFT - 6}" y="${Number(y.at(tick)) + 4}" text-anchor="end" fill="${MUTED}">${tick.toLocaleString('en')}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle" fill="${INK}">${escaped(xTitle)}</text>`,
  ];
  const labelYs = spread(lines.map((line) => Number(y.at(line.points.at(-1)?.y ?? 1))));
  const drawn = lines.map(({ name, points }, i) => {
    const path = points.map((point) => `${x.at(point.x)},${y.at(point.y)}`).join(' ');
    const dots = points.map(
      (point) =>
        `<circle cx="${x.at(point.x)}" cy="${y.at(point.y)}" r="3" fill="${colourOf(name)}"/>`,
    );
    return (
      `<polyline points="${path}" fill="none" stroke="${colourOf(name)}" stroke-width="2"/>` +
      `${dots.join('')}<text x="${WIDTH - RIGHT + 10}" y="${(labelYs[i] ?? 0) + 4}" fill="${colourOf(name)}">${escaped(name)}</text>`
    );
  });
  return svg(WIDTH, HEIGHT, title, [...grid, ...drawn]);
}

interface Axis {
  readonly ticks: readonly number[];
  at(value: number): string;
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    at: (value) => (from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1),
  };
}

const LABEL_HEIGHT = 14;

/** Moves labels down so that none covers another; their order stays. */
function spread(ys: readonly number[]): number[] {
  const moved = [...ys];
  const order = ys.map((_, i) => i).sort((a, b) => (ys[a] ?? 0) - (ys[b] ?? 0));
  for (const [place, i] of order.entries()) {
    const above = order[place - 1];
    if (above === undefined) continue;
    moved[i] = Math.max(moved[i] ?? 0, (moved[above] ?? 0) + LABEL_HEIGHT);
  }
  return moved;
}

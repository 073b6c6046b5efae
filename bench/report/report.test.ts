import { describe, expect, it } from 'vitest';
import { judge } from '../budgets.ts';
import type { Busy } from '../measure/meter.ts';
import { drawCharts } from './charts.ts';
import { fillPage } from './page.ts';
import { middleOf, type Result } from './result.ts';
import { rowsOf } from './rows.ts';
import { asMarkdown, asText } from './table.ts';

const busy: Busy = { seconds: 1, serverCpuMs: 500, server: 0.5, load: 0.25 };
const single: Omit<Result, 'system' | 'figures'> = {
  scenario: 'fan-out',
  label: '1,000 subscribers, one at a time',
  curve: 'one at a time',
  size: 1_000,
  kept: 'synced',
  busy,
  repeats: 1,
  isLowerBound: false,
};
const confer: Result = {
  ...single,
  system: 'confer',
  figures: { cpuPerChangeUs: 5, changesPerSecond: 200_000 },
};
const baseline: Result = {
  ...single,
  system: 'baseline',
  kept: 'nothing kept',
  figures: { cpuPerChangeUs: 4, changesPerSecond: 250_000 },
  isLowerBound: true,
};

describe('a table', () => {
  it('has the ratio to Confer beside each figure, and says what is only a lower bound', () => {
    expect(asMarkdown(rowsOf([confer, baseline])).split('\n')).toEqual([
      '|  | writes | server CPU per delivered change, us | × | delivered changes, /s | × | server, load busy |',
      '|---|---|--:|--:|--:|--:|--:|',
      '| confer | synced | 5 | 1 | 200,000 | 1 | 50 %, 25 % |',
      '| baseline | nothing kept | 4 | 0.8 | ≥ 250,000 | 1.3 | 50 %, 25 % |',
    ]);
  });

  it('has its columns one below the other in a terminal', () => {
    const lines = asText(rowsOf([confer, baseline])).split('\n');
    const ends = lines.map((line) => line.indexOf('0.8') + 3);
    expect(lines[0]?.indexOf('×')).toBe((ends[2] ?? 0) - 1);
  });
});

describe('repeats', () => {
  it('count with the middle one of each figure', () => {
    const outcomes = [9, 1, 5].map((cpuPerChangeUs) => ({ figures: { cpuPerChangeUs }, busy }));
    expect(middleOf(outcomes)).toEqual({ figures: { cpuPerChangeUs: 5 }, busy });
  });
});

describe('charts', () => {
  it('are drawn of what was measured, and of nothing else', () => {
    const drawings = drawCharts([confer, baseline]);
    expect(drawings.map(({ file }) => file)).toEqual(['fan-out-single.svg']);
    expect(drawings[0]?.svg).toContain('>baseline</text>');
  });

  it('show a curve along its sizes', () => {
    const small: Result = { ...confer, label: '100 subscribers', size: 100 };
    const growth = drawCharts([small, confer]).find(({ file }) => file === 'fan-out-growth.svg');
    expect(growth?.svg.match(/<circle/g)).toHaveLength(2);
  });
});

describe('the page', () => {
  it('keeps what people wrote', () => {
    const page = ['machine', 'charts', 'tables'].map(
      (name) => `about ${name}\n<!-- bench:${name} -->\nold\n<!-- /bench:${name} -->\n`,
    );
    const filled = fillPage(page.join(''), { machine: 'm', charts: 'c', tables: 't' });
    expect(filled).toBe(page.join('').replace('old', 'm').replace('old', 'c').replace('old', 't'));
  });

  it('must have the marks', () => {
    const sections = { machine: '', charts: '', tables: '' };
    expect(() => fillPage('# Performance', sections)).toThrow('bench:machine');
  });
});

describe('a budget', () => {
  const verdictOf = (figure: number) =>
    judge([{ ...confer, figures: { cpuPerChangeUs: figure } }, baseline])[0];

  it('is kept or broken by the ratio within one run', () => {
    expect(verdictOf(4.4)?.isKept).toBe(true);
    expect(verdictOf(8)?.isKept).toBe(false);
  });

  it('is broken when its scenario ran and did not measure it', () => {
    expect(judge([confer])[0]).toEqual({
      isKept: false,
      text: expect.stringContaining('not measured'),
    });
  });

  it('is left out when its scenario did not run', () => {
    expect(judge([])).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { confer } from '../scene.contract.ts';
import { paletteOf } from './colour.ts';

const painted = (isTty: boolean, env: Readonly<Record<string, string>>) =>
  paletteOf({ stdout: { isTty }, env }).added('x');

describe('colours', () => {
  it('are painted on a terminal', () => {
    expect(painted(true, {})).toBe('\u001b[32mx\u001b[39m');
    expect(painted(true, { NO_COLOR: '', TERM: 'xterm' })).not.toBe('x');
  });

  it.each<[string, boolean, Readonly<Record<string, string>>]>([
    ['no terminal', false, {}],
    ['no terminal, whatever is asked for', false, { FORCE_COLOR: '1' }],
    ['NO_COLOR', true, { NO_COLOR: '1' }],
    ['a terminal that can do nothing', true, { TERM: 'dumb' }],
  ])('are not painted where there is %s', (_, isTty, env) => {
    expect(painted(isTty, env)).toBe('x');
  });

  it('are in nothing that is piped', async () => {
    const { out } = await confer(['help']);
    expect(out).not.toContain('\u001b');
  });
});

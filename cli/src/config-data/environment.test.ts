import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { formatEnvironment } from './environment.ts';

const format = (values: Record<string, string>, base = '/app') =>
  formatEnvironment(
    Object.entries(values).map(([path, value]) => ({ path, value })),
    base,
  );

describe('environment variables', () => {
  test('are named by the path below the subtree', () => {
    expect(
      format({ '/app/server/port': '8080', '/app/spring.jpa-x/a%2Fb': 'on', '/app/1st': '1' }),
    ).toBe('SERVER_PORT=8080\nSPRING_JPA_X_A_B=on\n_1ST=1\n');
    expect(format({ '/app': 'alone' })).toBe('APP=alone\n');
  });

  test('hold strings without their JSON quotes, and lists as JSON', () => {
    expect(format({ '/app/a': '"8080"', '/app/b': '["x"]', '/app/c': 'null' })).toBe(
      `A=8080\nB='["x"]'\nC=null\n`,
    );
  });

  test('are read back by sh as they were', () => {
    const value = `it's $HOME \`date\` "quoted" \\ back\nline # & ; | *`;
    const script = `${format({ '/app/v': value })}printf %s "$V"`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value);
  });

  test('of one name are refused, both paths named', () => {
    expect(() => format({ '/app/a-b': '1', '/app/a/b': '2' })).toThrow(
      '/app/a-b and /app/a/b are both the variable A_B',
    );
  });

  test('cannot hold a NUL', () => {
    expect(() => format({ '/app/a': 'x\0y' })).toThrow('/app/a holds a NUL');
  });
});

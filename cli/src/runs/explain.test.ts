import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartError } from '@confer/server';
import { errorCodes, errorKind } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../failure.ts';
import { confer } from '../scene.contract.ts';

const SOURCES = join(import.meta.dirname, '..');
/** A code as commands write it, which is the second argument of a failure. */
const CODE = /new (?:Failure|BadEnd)\(\s*[\w.[\]]+,\s*'(\w+)'/g;

function codesInSource(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(SOURCES, file), 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(CODE)].map(([, code]) => code ?? ''));
}

/** `serve` fails with the kind of a `StartError` as its code. */
const startErrors: Readonly<Record<StartError['kind'], true>> = {
  refused: true,
  unavailable: true,
  storage: true,
  invalid: true,
};

describe('explain', () => {
  test('knows every code that commands, the server, its connections and exits have', async () => {
    const found = codesInSource();
    expect(found).toContain('conflict');
    const closeCodes = errorCodes.flatMap((code) => errorKind(code).closeCode ?? []);
    const all = [
      ...found,
      ...errorCodes,
      ...Object.keys(startErrors),
      ...[...closeCodes, ...Object.values(exitCodes)].map(String),
    ];
    const listed = (await confer(['explain'])).out;
    for (const code of new Set(all)) {
      const { exitCode, out, err } = await confer(['explain', code, '-o', 'json']);
      expect(exitCode, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ code, meaning: expect.stringMatching(/\w/) });
      expect(listed).toMatch(new RegExp(`^  ${code} `, 'm'));
    }
  });

  test('says what a code means, what to do, and which other codes belong to it', async () => {
    expect((await confer(['explain', 'unauthenticated'])).out).toBe(
      `code        unauthenticated (error of the server)
meaning     the server does not know who you are
do          bring a token along: --token-file FILE, CONFER_TOKEN, or a context with one
retry       to try the same again changes nothing; connections are tried on, ever later
close code  4401
exit code   5
`,
    );
    expect((await confer(['explain', '4401'])).out).toContain(
      '4401 (close code)\nmeaning     unauth',
    );
    expect((await confer(['explain', '6'])).out).toContain(
      '6 (exit code)\nmeaning  the server cannot',
    );
    expect((await confer(['explain', 'error[conflict]'])).out).toContain('conflict (error of');
  });

  test.each([
    ['conflct', 'did you mean conflict ?'],
    ['4402', 'did you mean 440'],
    ['constructor', 'confer explain lists all codes'],
    ['', 'confer explain lists all codes'],
  ])('of %j, which is no code, names the nearest one: exit 3', async (code, hint) => {
    const { exitCode, out, err } = await confer(['explain', code]);
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
    expect(err).toMatch(/^error\[unknown_code\]: /);
    expect(err).toContain(`hint: ${hint}`);
  });
});

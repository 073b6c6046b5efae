import { describe, expect, it } from 'vitest';
import { errorScopes } from './error-meanings.ts';
import { errorCodes, errorKind, errorOfClose, isErrorCode, ProtocolError } from './errors.ts';

describe('the error table', () => {
  it.each(errorCodes)('%s has a close code exactly when it ends the connection', (code) => {
    const { closeCode } = errorKind(code);
    expect(closeCode !== undefined).toBe(errorScopes[code] === 'connection');
  });

  it('gives every close code once, and only codes that an application may use', () => {
    const closeCodes = errorCodes.flatMap((code) => errorKind(code).closeCode ?? []);
    expect(new Set(closeCodes).size).toBe(closeCodes.length);
    for (const closeCode of closeCodes)
      expect(closeCode === 1012 || (closeCode >= 4000 && closeCode <= 4999)).toBe(true);
  });

  it('finds the error of a close code', () => {
    for (const code of errorCodes) {
      const { closeCode } = errorKind(code);
      if (closeCode !== undefined) expect(errorOfClose(closeCode)).toBe(code);
    }
    for (const other of [1000, 1001, 1006, 1009, 4000]) expect(errorOfClose(other)).toBeUndefined();
  });

  it('knows its codes, and nothing that objects inherit', () => {
    for (const code of errorCodes) expect(isErrorCode(code)).toBe(true);
    for (const text of ['', 'nope', 'Conflict', 'toString', '__proto__', 'constructor'])
      expect(isErrorCode(text)).toBe(false);
  });
});

describe('ProtocolError', () => {
  it('is an error with a code, a message and details', () => {
    const error = new ProtocolError('conflict', 'changed', { path: '/a', current: null });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('ProtocolError');
    expect(error.message).toBe('changed');
    expect(error.code).toBe('conflict');
    expect(error.details).toEqual({ path: '/a', current: null });
    expect(new ProtocolError('internal', 'a bug').details).toEqual({});
  });
});

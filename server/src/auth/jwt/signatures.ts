import { compactVerify, errors, importJWK, importSPKI } from 'jose';
import type { Algorithm, PublicKey } from './issuers.ts';

const RSA_BITS_MIN = 2_048;

/** A key that is ready for one algorithm. */
export type VerifyKey = Awaited<ReturnType<typeof importSPKI>>;

/** Makes a key ready, or returns `undefined` where it is not one for the algorithm. */
export async function importKey(
  key: PublicKey,
  algorithm: Algorithm,
): Promise<VerifyKey | undefined> {
  try {
    const imported =
      key.kind === 'pem'
        ? await importSPKI(key.pem, algorithm)
        : await importJWK(key.jwk, algorithm);
    // A secret for both ends is never a key here, whatever a set of keys says.
    if (imported instanceof Uint8Array || imported.type !== 'public') return undefined;
    return isTooSmall(imported) ? undefined : imported;
  } catch {
    return undefined;
  }
}

function isTooSmall({ algorithm }: VerifyKey): boolean {
  const bits: unknown = 'modulusLength' in algorithm ? algorithm.modulusLength : undefined;
  return typeof bits === 'number' && bits < RSA_BITS_MIN;
}

/** Whether a key made the signature of a token. */
export async function isSignedBy(
  token: string,
  key: VerifyKey,
  algorithm: Algorithm,
): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    // A key that is too small is none; what the library did not mean to throw is a bug.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}

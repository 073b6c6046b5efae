import type { TransportName } from './listen.ts';
import { platform } from './transport/uws-platform.ts';

/** The transport that a server would have on this machine. */
export interface TransportHere {
  readonly name: TransportName;
  /** Why it is the slower one. */
  readonly problem?: string;
  /** What there is here for it to run on: Node, its ABI, the C library. */
  readonly platform: string;
}

/** Finds out which transport loads here, without listening anywhere. */
export async function transportHere(): Promise<TransportHere> {
  const { loadUws } = await import('./transport/uws.ts');
  try {
    await loadUws();
    return { name: 'uws', platform: platform() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name: 'ws', problem, platform: platform() };
  }
}

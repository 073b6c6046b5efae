import { processTree, residentKb } from './usage.ts';

const LOOK_MS = 400;
const SAME = 0.005;
const LOOKS_MAX = 15;

/** The memory of a server once it has stopped changing. */
export async function settledKb(pid: number): Promise<number> {
  let last = residentKb(processTree(pid));
  for (let look = 0; look < LOOKS_MAX; look++) {
    await new Promise((next) => setTimeout(next, LOOK_MS));
    const now = residentKb(processTree(pid));
    const isSettled = Math.abs(now - last) < SAME * last;
    last = now;
    if (isSettled) break;
  }
  return last;
}

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The kernel counts CPU time in ticks of this length. */
const TICK_MS = 10;
/** What to write to `clear_refs`: see proc(5). */
const RESET_PEAK = '5';

/** A process and all that it started. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

/** User and system time that the processes have used. */
export function cpuMs(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; what follows is numbers.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  });
}

export function residentKb(pids: readonly number[]): number {
  return sum(pids, (pid) => statusKb(pid, 'VmRSS'));
}

/** Memory that is the processes' own. Pages of files that they map can be taken from them any time. */
export function anonymousKb(pids: readonly number[]): number {
  return sum(pids, (pid) => statusKb(pid, 'RssAnon'));
}

/** The most that was resident since `forgetPeak`. */
export function peakKb(pids: readonly number[]): number {
  return sum(pids, (pid) => statusKb(pid, 'VmHWM'));
}

export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
}

function statusKb(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}

/** Milliseconds, as fine as the machine has them, by a clock that nobody sets. */
export function elapsedMs(): number {
  return performance.now();
}

/** Begins to look at how busy this process is; what it returns tells, from 0 to 1, how busy it was since. */
export function watchBusy(): () => number {
  const from = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(from).utilization;
}

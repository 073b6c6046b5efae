/** What there is here for the binary of uWebSockets.js to run on, in a few words. */
export function platform(): string {
  const { version, versions, platform, arch } = process;
  return `Node ${version} (ABI ${versions.modules}, ${platform} ${arch}, ${libc()})`;
}

function libc(): string {
  const report: { readonly header?: { readonly glibcVersionRuntime?: string } } =
    process.report.getReport();
  const version = report.header?.glibcVersionRuntime;
  return version === undefined ? 'no glibc' : `glibc ${version}`;
}

/** Why it did not load, in one line: the library wraps the loader's error in several lines of its own. */
export function firstCause(error: unknown): string {
  const lines = String(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines[1] ?? lines[0] ?? 'unknown cause';
}

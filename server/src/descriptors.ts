/** What a server opens beside its connections: the database, the listener, logs, timers of Node. */
const OTHER_FILES = 64;

/** How many sockets the system lets this process have; `undefined` where it does not say. */
export function socketsMax(): number | undefined {
  const report: { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } } =
    process.report.getReport();
  const files = report.userLimits?.open_files?.soft;
  return typeof files === 'number' ? Math.max(2, files - OTHER_FILES) : undefined;
}

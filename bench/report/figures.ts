/** Everything that is measured, with its unit and what is better. */
export const figures = {
  cpuPerChangeUs: { title: 'server CPU per delivered change', unit: 'us' },
  changesPerSecond: { title: 'delivered changes', unit: '/s' },
  connectionKb: { title: 'memory per connection', unit: 'kB' },
  writesPerSecond: { title: 'writes', unit: '/s' },
  cpuPerWriteUs: { title: 'server CPU per write', unit: 'us' },
  writeP50Ms: { title: 'write p50', unit: 'ms' },
  stalledP50Ms: { title: 'write p50, 10 % stalled', unit: 'ms' },
  writeP99Ms: { title: 'write p99', unit: 'ms' },
  stalledP99Ms: { title: 'write p99, 10 % stalled', unit: 'ms' },
  stalledKb: { title: 'memory per stalled reader', unit: 'kB' },
  sentToCallbackP50Ms: { title: 'sent to callback p50', unit: 'ms' },
  sentToCallbackP99Ms: { title: 'sent to callback p99', unit: 'ms' },
  ackToCallbackP99Ms: { title: 'acknowledged to callback p99', unit: 'ms' },
  readMs: { title: 'until the last has all', unit: 'ms' },
  readBytes: { title: 'received', unit: 'bytes' },
  cpuPerEntryUs: { title: 'server CPU per entry', unit: 'us' },
  cpuPerReaderUs: { title: 'server CPU per reader', unit: 'us' },
  peakMb: { title: 'memory above before, at most', unit: 'MB' },
  serverMb: { title: 'server memory', unit: 'MB' },
  serverOwnMb: { title: 'without mapped files', unit: 'MB' },
  attemptsPerWrite: { title: 'attempts for a write', unit: '' },
  applyUs: { title: 'client CPU per change', unit: 'us' },
  getNs: { title: 'get', unit: 'ns' },
} as const;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as readonly FigureName[];

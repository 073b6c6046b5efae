/** Everything that is measured, with its unit and what is better. */
export const figures = {
  cpuPerChangeUs: { title: 'server CPU per delivered change', unit: 'us', better: 'less' },
  changesPerSecond: { title: 'delivered changes', unit: '/s', better: 'more' },
  connectionKb: { title: 'memory per connection', unit: 'kB', better: 'less' },
  writesPerSecond: { title: 'writes', unit: '/s', better: 'more' },
  cpuPerWriteUs: { title: 'server CPU per write', unit: 'us', better: 'less' },
  writeP50Ms: { title: 'write p50', unit: 'ms', better: 'less' },
  writeP99Ms: { title: 'write p99', unit: 'ms', better: 'less' },
} as const;

export type FigureName = keyof typeof figures;

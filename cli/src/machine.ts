import { readdirSync } from 'node:fs';

/** What this process runs on, as far as a ticket needs it. */
export interface Machine {
  readonly node: string;
  /** The number by which binary modules are made for a version of Node. */
  readonly abi: string;
  /** `linux x64`. */
  readonly system: string;
  readonly libc: string;
  /** Files and sockets that the process may have open, and has; `undefined` where the system does not say. */
  readonly filesMax: number | undefined;
  readonly filesUsed: number | undefined;
}

export function machineHere(): Machine {
  const { version, versions, platform, arch } = process;
  const report: {
    readonly header?: { readonly glibcVersionRuntime?: string };
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
  } = process.report.getReport();
  const glibc = report.header?.glibcVersionRuntime;
  const files = report.userLimits?.open_files?.soft;
  return {
    node: version,
    abi: versions.modules,
    system: `${platform} ${arch}`,
    libc: glibc === undefined ? 'no glibc' : `glibc ${glibc}`,
    filesMax: typeof files === 'number' ? files : undefined,
    filesUsed: filesUsed(),
  };
}

function filesUsed(): number | undefined {
  try {
    // The list itself is read through one.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

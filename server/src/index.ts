export type { DoorOptions } from './door.ts';
export type { EngineOptions } from './engines.ts';
export { StartError } from './errors.ts';
export {
  type Patience,
  type Repaired,
  repairDirectory,
  type Verified,
  verifyDirectory,
} from './keeping.ts';
export type { Log, LogLevel } from './log.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
export { type Authority, createAuthority, type Issued, issueCertificate } from './tls/issue.ts';
export { VERSION } from './version.ts';

export { auditEventKinds } from './audit/events.ts';
export { BOOTSTRAP_TOKEN_FILE } from './auth/bootstrap.ts';
export type { DoorOptions } from './door.ts';
export type { EngineOptions } from './engines.ts';
export { StartError } from './errors.ts';
export {
  type AuditFilter,
  type AuditHead,
  type AuditRecord,
  auditDirectoryOf,
  type Patience,
  type Repaired,
  type Restored,
  type RestoreSource,
  readAudit,
  repairDirectory,
  restoreDirectory,
  type Verified,
  type VerifiedAudit,
  verifyAudit,
  verifyDirectory,
} from './keeping.ts';
export type { Log, LogLevel } from './log.ts';
export { newTokenText, type RecoveredToken, recoverAdmin } from './offline-tokens.ts';
export type { ReloadableOptions } from './reloading.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
export { checkServer } from './server-check.ts';
export { StopError } from './stopping/stop-error.ts';
export { type Authority, createAuthority, type Issued, issueCertificate } from './tls/issue.ts';
export { type TransportHere, transportHere } from './transport-here.ts';
export { VERSION } from './version.ts';

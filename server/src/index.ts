export { BOOTSTRAP_TOKEN_FILE } from './auth/bootstrap.ts';
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
export { newTokenText, type RecoveredToken, recoverAdmin } from './offline-tokens.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
export { VERSION } from './version.ts';

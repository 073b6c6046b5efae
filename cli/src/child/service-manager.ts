import { spawn } from 'node:child_process';

/** What a service tells the one that started it. */
export type ServiceNews =
  | { readonly kind: 'ready'; readonly status: string }
  | { readonly kind: 'stopping' };

/**
 * Tells systemd, where that started this process and waits for it (`Type=notify`). Node has no datagrams between
 * processes, so systemd's own program says it; nobody waits for that.
 */
export function tellServiceManager(
  { NOTIFY_SOCKET, PATH = '' }: Readonly<Record<string, string | undefined>>,
  news: ServiceNews,
  onProblem: (problem: string) => void,
): void {
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return;
  const lines = news.kind === 'ready' ? ['READY=1', `STATUS=${news.status}`] : ['STOPPING=1'];
  const fail = (why: string) => onProblem(`systemd waits for word of this, and gets none: ${why}`);
  const child = spawn('systemd-notify', lines, { stdio: 'ignore', env: { NOTIFY_SOCKET, PATH } });
  child.once('error', (error) => fail(`systemd-notify cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (code !== 0) fail(`systemd-notify ended with ${code ?? signal}`);
  });
}

import { spawn } from 'node:child_process';
import { exitCodes, Failure, Interrupted } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** What a shell says that did not find its command. */
const NOT_FOUND = 127;

/** Has a person edit a file, with the editor of theirs. Resolves once it has ended well. */
export async function openEditor(terminal: Terminal, file: string): Promise<void> {
  const { env, signal } = terminal;
  const editor = env.VISUAL || env.EDITOR || 'vi';
  const code = await terminal.lend(
    () =>
      new Promise<number | undefined>((resolve, reject) => {
        // By a shell, because an editor may have options: EDITOR="code --wait".
        const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, file], {
          stdio: 'inherit',
          env: { ...env },
        });
        const end = () => void child.kill();
        signal.addEventListener('abort', end);
        child.once('error', reject);
        child.once('exit', (exitCode) => {
          signal.removeEventListener('abort', end);
          resolve(exitCode ?? undefined);
        });
      }),
  );
  if (signal.aborted) throw new Interrupted(signal);
  if (code === 0) return;
  throw new Failure(
    exitCodes.other,
    'editor',
    `the editor (${editor}) ${code === undefined ? 'was ended' : `ended with ${code}`}; nothing was written`,
    code === NOT_FOUND ? 'set VISUAL or EDITOR to an editor that is installed' : undefined,
  );
}

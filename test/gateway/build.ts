import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache/gateway');
/** A first build compiles some hundred packages. */
const BUILD_MS = 20 * 60_000;

/** There is no Go here, or its modules are not to be had. */
export class NotToBeHadError extends Error {
  readonly code = 'unavailable';
  constructor(message: string) {
    super(message);
    this.name = 'NotToBeHadError';
  }
}

function go(args: readonly string[], folder: string): Promise<string> {
  return new Promise((done, failed) => {
    const building = spawn('go', args, {
      cwd: folder,
      // What go.sum names, and nothing else: nothing is resolved anew.
      env: { ...process.env, GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' },
      timeout: BUILD_MS,
    });
    let said = '';
    for (const output of [building.stdout, building.stderr])
      output.on('data', (text: Buffer) => {
        said = (said + text).slice(-4_000);
      });
    building.once('error', (error) => failed(new NotToBeHadError(`go: ${error.message}`)));
    building.once('exit', (code) =>
      code === 0 ? done(said.trim()) : failed(new NotToBeHadError(`go ${args[0]}: ${said.trim()}`)),
    );
  });
}

export const goVersion = (): Promise<string> => go(['version'], root);

/** A gateway of deploy/gateway, from its modules; what was built before is built again from what the go command keeps, in seconds. */
export async function built(name: 'caddy' | 'krakend'): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const program = join(cache, name);
  await go(['build', '-trimpath', '-o', program, '.'], join(root, 'deploy/gateway', name));
  return program;
}

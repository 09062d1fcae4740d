import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'annals-start-'));
after(() => rm(folder, { recursive: true }));

/** A project of its own that pins a Node newer than any there is, so that `start.js` has to look for it. */
async function project(name: string, pinned: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, 'node_modules', '.bin'), { recursive: true });
  await copyFile(resolve('start.js'), join(root, 'start.js'));
  await writeFile(
    join(root, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { node: pinned } }),
  );
  await writeFile(
    join(root, 'main.ts'),
    `const words: readonly string[] = process.argv.slice(2);
     if (words.includes('wait')) { process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); }
     else process.exitCode = 3;
     // Last, because the test answers to it with a signal.
     console.log('main', process.argv[1] === import.meta.filename, ...words);`,
  );
  return root;
}

async function run(
  root: string,
  words: readonly string[],
  drive = (_child: ChildProcess, _text: string) => {},
) {
  const child = spawn(process.execPath, [join(root, 'start.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      drive(child, text);
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

test('on a new enough Node the program runs in the same process, with its arguments', async () => {
  const root = await project('same', '1.0.0');
  assert.deepEqual(await run(root, ['--demo', 'x']), { code: 3, text: 'main true --demo x\n' });
});

test('another program is named by its file', async () => {
  const root = await project('other', '1.0.0');
  await writeFile(join(root, 'other.ts'), "console.log('other', ...process.argv.slice(2));");
  assert.deepEqual(await run(root, ['other.ts', 'a', 'b.ts']), { code: 0, text: 'other a b.ts\n' });
});

test('on an older Node the pinned one runs it, and signals and exit code pass through', async () => {
  const root = await project('pinned', '999.0.0');
  await symlink(process.execPath, join(root, 'node_modules', '.bin', 'node'));
  assert.deepEqual(await run(root, ['a']), { code: 3, text: 'main true a\n' });
  const stopped = await run(root, ['wait'], (child, text) => {
    if (text.includes('wait')) child.kill('SIGTERM');
  });
  assert.equal(stopped.code, 7);
});

test('without the pinned Node it says what is missing and how to get it', async () => {
  const root = await project('missing', '999.1.2');
  const { code, text } = await run(root, []);
  assert.equal(code, 1);
  assert.match(text, /the project needs 999[\s\S]*999\.1\.2[\s\S]*npm ci[\s\S]*--ignore-scripts=false/);
  await rm(join(root, 'node_modules'), { recursive: true });
  assert.match((await run(root, [])).text, /packages are not installed/);
});

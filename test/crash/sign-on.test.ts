import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import * as oidc from 'openid-client';
import { freePort } from '#bench/free-port.ts';
import { unrationed } from '#demo/platform.ts';
import { dataFolder } from '../support/booted.ts';
import { compiled } from '../support/compiled.ts';
import { shortLived } from '../support/short-lived.ts';
import { TestBrowser } from '../support/sign-on.ts';

// A refresh token is given for another, and the process is killed on the way: either it never happened, or whoever asked can go on.

const BACK = 'https://shop.example/back';
const folder = await dataFolder();
const dieAt = join(folder, 'die-at');
const port = String(await freePort());
let lives = 0;

async function live() {
  lives += 1;
  const child = spawn(
    process.execPath,
    [
      ...shortLived,
      '--import',
      resolve('test/crash/preloads/rotations.ts'),
      resolve('test/crash/sign-on-process.ts'),
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...{ PATH: process.env.PATH, PORT: port, DATA_DIR: join(folder, 'data'), ...unrationed },
        ...{
          NODE_COMPILE_CACHE: compiled,
          ANNALS_DIE_AT: dieAt,
          ANNALS_FIRST_LIFE: lives === 1 ? 'yes' : 'no',
        },
      },
    },
  );
  after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [said] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => assert.fail('it has ended')),
  ]);
  assert.match(String(said), /^ready /);
  return {
    ended: ended.then(([, signal]) => signal),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

let life = await live();
const phone = await oidc.discovery(
  new URL(`http://127.0.0.1:${port}/oidc`),
  'phone',
  undefined,
  oidc.None(),
  {
    execute: [oidc.allowInsecureRequests],
  },
);

async function signedIn(): Promise<string> {
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(phone, {
    ...{ redirect_uri: BACK, scope: 'openid', code_challenge_method: 'S256' },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  });
  const { url: at } = await new TestBrowser('ann').go(url.href, BACK);
  const tokens = await oidc.authorizationCodeGrant(phone, new URL(at), { pkceCodeVerifier: verifier });
  return tokens.refresh_token ?? assert.fail();
}
const refresh = async (token: string): Promise<string> =>
  (await oidc.refreshTokenGrant(phone, token)).refresh_token ?? assert.fail();
const refused = (token: string) => assert.rejects(refresh(token), { error: 'invalid_grant' });

async function killed(where: 'before' | 'behind', token: string): Promise<void> {
  await writeFile(dieAt, where);
  await assert.rejects(refresh(token));
  assert.equal(await life.ended, 'SIGKILL');
  life = await live();
}

test('a rotation that was killed before it was written never happened', async () => {
  const first = await signedIn();
  await killed('before', first);
  const second = await refresh(first);
  assert.notEqual(await refresh(second), second);
});

test('a rotation that was killed behind that, before its answer, can be repeated, once', async () => {
  const first = await signedIn();
  await killed('behind', first);
  const second = await refresh(first);
  await refused(first);
  await refused(second);
});

test('a rotation that was answered is not repeated, whatever becomes of the process', async () => {
  const first = await signedIn();
  const second = await refresh(first);
  await life.stop();
  life = await live();
  await refused(first);
  await refused(second);
  await life.stop();
});

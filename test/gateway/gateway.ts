import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { freePort } from '#bench/free-port.ts';
import { openLog } from '#compose/log.ts';
import { startPlatform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { unrationed } from '#demo/platform.ts';
import { type People, peopleOf, type System } from '../support/people.ts';
import { certificateFile } from '../support/transport.ts';
import { until } from '../support/until.ts';

// The platform behind both gateways as deploy/gateway has them: their files are used as they are, but for addresses. Tokens are the
// provider's, by whose keys KrakenD knows them.

const folder = resolve(import.meta.dirname, '../../deploy/gateway');

export interface Gateway {
  /** Where people come to: Caddy. */
  readonly front: string;
  /** KrakenD, past Caddy. */
  readonly api: string;
  /** The platform, past both. */
  readonly platform: string;
  /** Who come to the front. */
  readonly people: People;
  /** By which they sign in. */
  readonly web: System;
  /** That the provider signs with, for what it would never sign. */
  readonly key: JWK & { readonly kid: string };
  /** The provider. */
  readonly issuer: string;
  /** What the gateways have said. */
  readonly said: () => string;
  stop(): Promise<void>;
}

/** What is tried through both gateways, by name. */
export type Scenario = readonly [name: string, run: (gateway: Gateway) => Promise<void>];

interface Endpoint {
  readonly extra_config: Record<string, Record<string, unknown>>;
  readonly backend: { host: readonly string[] }[];
}
interface KrakendFile {
  port: number;
  listen_ip?: string;
  readonly endpoints: Endpoint[];
}

async function newKey() {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, kid: await calculateJwkThumbprint(key) };
}

function started(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  hear: (text: string) => void,
) {
  const child = spawn(program, args, { env: { ...process.env, ...environment } });
  for (const output of [child.stdout, child.stderr]) output.on('data', (text: Buffer) => hear(String(text)));
  return child;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killing);
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.body?.cancel();
      return true;
    },
    () => false,
  );

/** The file that is deployed, with addresses of here. */
async function krakendFile(at: string, given: { platform: string; issuer: string; port: number }) {
  const file = JSON.parse(await readFile(join(folder, 'krakend.json'), 'utf8')) as KrakendFile;
  file.port = given.port;
  file.listen_ip = '127.0.0.1';
  for (const { backend, extra_config } of file.endpoints) {
    for (const one of backend) one.host = [given.platform];
    const validator = extra_config['auth/validator'];
    if (validator === undefined) continue;
    const { pathname } = new URL(String(validator.jwk_url));
    Object.assign(validator, { jwk_url: given.platform + pathname, issuer: given.issuer });
  }
  await writeFile(at, JSON.stringify(file));
}

/** @param programs as they were built */
export async function openGateway(programs: {
  readonly caddy: string;
  readonly krakend: string;
}): Promise<Gateway> {
  await using begun = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), 'annals-gateway-'));
  begun.defer(() => rm(data, { recursive: true, force: true }));
  const [api, front, http] = [await freePort(), await freePort(), await freePort()];
  const key = await newKey();
  const keyFile = join(data, 'key.json');
  await writeFile(keyFile, JSON.stringify(key));
  const url = `https://localhost:${front}`;
  const platform = await startPlatform({
    config: readConfig({
      ...{ PORT: '0', DATA_DIR: join(data, 'platform'), PUBLIC_URL: url, TOKEN_KEY_FILE: keyFile },
      ...{ TRUSTED_PROXIES: '127.0.0.0/8', ...unrationed },
    }),
    version: 'test',
    log: openLog('fatal', process.stderr),
    onFatal(error) {
      throw error;
    },
  });
  begun.defer(() => platform.stop());
  const issuer = `${url}/oidc`;
  const file = join(data, 'krakend.json');
  await krakendFile(file, { platform: platform.url, issuer, port: api });
  let said = '';
  const hear = (text: string): void => {
    said = (said + text).slice(-100_000);
  };
  const krakend = started(programs.krakend, ['-c', file], {}, hear);
  begun.defer(() => stopped(krakend));
  const environment = {
    ...{ GATEWAY_SITE: url, GATEWAY_TLS: `${certificateFile} ${certificateFile}`, GATEWAY_BIND: '127.0.0.1' },
    ...{ GATEWAY_HTTP_PORT: String(http), GATEWAY_API: `http://127.0.0.1:${api}` },
    ...{
      GATEWAY_WRITING: platform.url,
      GATEWAY_READING: platform.url,
      XDG_DATA_HOME: data,
      XDG_CONFIG_HOME: data,
    },
  };
  const run = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
  const caddy = started(programs.caddy, run, environment, hear);
  begun.defer(() => stopped(caddy));
  for (const one of [`http://127.0.0.1:${api}/__health`, `${url}/health/live`])
    await until(
      () => answers(one),
      () => `${one} answers; ${said}`,
    );
  const people = peopleOf(url, {}, platform.url);
  const web = await people.system('web').catch((error: unknown) => {
    throw new Error(`nobody can sign in: ${said.slice(-2_000)}`, { cause: error });
  });
  const opened = begun.move();
  return {
    ...{ front: url, api: `http://127.0.0.1:${api}`, platform: platform.url, people, web, key, issuer },
    said: () => said,
    stop: () => opened.disposeAsync(),
  };
}

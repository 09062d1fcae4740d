import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { openCertificates } from '#compose/certificates.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { openHttp } from '#compose/http.ts';
import type { Platform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { noLog } from '#domain/kernel/ports/log.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { type Authority, authorityOf, type Issued } from '../support/certificates.ts';
import { startHere } from '../support/embedded.ts';
import { until } from '../support/until.ts';
import { registry } from '../unit/write-side/rest/bells.ts';

// The port of everybody over TLS: what is spoken there and what is not, certificates that are renewed, that end, and that are none.

let authority: Authority;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-tls-'));
  authority = await authorityOf('A test');
});
after(() => rm(folder, { recursive: true, force: true }));

interface Files {
  readonly TLS_CERT_FILE: string;
  readonly TLS_KEY_FILE: string;
}
async function kept({ cert, key }: Issued, name: string): Promise<Files> {
  const files = { TLS_CERT_FILE: join(folder, `${name}.pem`), TLS_KEY_FILE: join(folder, `${name}.key`) };
  await Promise.all([writeFile(files.TLS_CERT_FILE, cert), writeFile(files.TLS_KEY_FILE, key)]);
  return files;
}

/** The platform, with what it has logged from warnings on. */
async function started(files: Files, more: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const log = { level: 'warn', write: (line: string) => void lines.push(line) } as const;
  return { platform: await startHere({ ...files, ...more }, log), lines };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly certificate: PeerCertificate;
}
const asked = (url: string, agent?: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { ca: authority.cert, agent: agent ?? false }, (response) => {
      const certificate = (response.socket as TLSSocket).getPeerCertificate();
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, certificate });
      });
    });
    sent.on('error', reject).end();
  });

/** All that comes behind these bytes until the connection ends. */
async function heardOf(platform: Platform, bytes: string): Promise<string> {
  const socket = connectPlain(Number(new URL(platform.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  let wire = '';
  socket.on('data', (chunk) => {
    wire += chunk.toString('latin1');
  });
  socket.write(bytes);
  await once(socket, 'close');
  return wire;
}

test('the port speaks https, tells browsers to keep to it, and answers nothing else', async () => {
  const files = await kept(await authority.issue(), 'good');
  const { platform, lines } = await started(files, { PUBLIC_URL: 'https://auctions.example' });
  assert.match(platform.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const { status, headers, text } = await asked(`${platform.url}/health/ready`);
  assert.deepEqual([status, JSON.parse(text).status], [200, 'ready']);
  assert.match(JSON.parse(text).components['certificate-people'].detail, /^ends at \d{4}-/);
  assert.equal(headers['strict-transport-security'], 'max-age=31536000');
  assert.doesNotMatch(await heardOf(platform, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'), /live/);
  const old = connect({
    port: Number(new URL(platform.url).port),
    ca: authority.cert,
    maxVersion: 'TLSv1.1',
  });
  const [error] = (await once(old, 'error')) as [Error];
  assert.match(error.message, /protocol|version/i);
  const offering = { ca: authority.cert, ALPNProtocols: ['h2', 'http/1.1'], host: '127.0.0.1' };
  const modern = connect({ port: Number(new URL(platform.url).port), ...offering });
  await once(modern, 'secureConnect');
  assert.deepEqual([modern.alpnProtocol, modern.getProtocol()], ['http/1.1', 'TLSv1.3']);
  modern.destroy();
  assert.equal((await asked(`${platform.url}/health/live`)).status, 200);
  assert.match(
    (await asked(`${platform.url}/metrics`)).text,
    /^annals_tls_certificate_ends_timestamp_seconds\{to="people"\} \d{10}/m,
  );
  assert.deepEqual(lines, []);
});

test('a container asks itself over TLS whether it is ready', async () => {
  const files = await kept(await authority.issue(['auctions.example']), 'container');
  const { platform } = await started(files);
  const program = join(import.meta.dirname, '../../deploy/healthy.js');
  const { port } = new URL(platform.url);
  const exit = (environment: Readonly<Record<string, string>>) =>
    new Promise((resolve) => {
      const asking = spawn(process.execPath, [program, port], { env: { ...process.env, ...environment } });
      asking.once('exit', resolve);
    });
  assert.deepEqual([await exit({ ...files }), await exit({})], [0, 1]);
});

test('a feed goes over a socket of TLS', async () => {
  const { platform } = await started(await kept(await authority.issue(), 'feed'));
  class Trusting extends WebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols, { ca: authority.cert });
    }
  }
  const client = createClient({
    ...{ url: `${platform.url.replace('https', 'wss')}/graphql`, webSocketImpl: Trusting, retryAttempts: 0 },
  });
  const feed = client.iterate({ query: 'subscription { auctionFeed(auctionId: "none") { position } }' });
  const { value } = await feed.next();
  assert.equal(value.errors?.[0]?.extensions?.code, 'not_found', JSON.stringify(value));
  await client.dispose();
});

test('a certificate that ends soon, or has ended, is told of and takes nobody out of use', async () => {
  for (const [days, says] of [
    [3, /^ends at/],
    [-2, /^has ended at/],
  ] as const) {
    const { platform, lines } = await started(
      await kept(await authority.issue(['127.0.0.1'], days), `ends${days}`),
    );
    assert.match(lines.join(''), /"a certificate ends soon, or has ended"/);
    const told: { status: number; body: string } = await new Promise((resolve, reject) => {
      const sent = request(
        `${platform.url}/health/ready`,
        { rejectUnauthorized: false, agent: false },
        (response) => {
          response.on('data', (chunk) => resolve({ status: response.statusCode ?? 0, body: String(chunk) }));
        },
      );
      sent.on('error', reject).end();
    });
    const { status, components } = JSON.parse(told.body);
    assert.deepEqual([told.status, status], [200, 'degraded']);
    assert.match(components['certificate-people'].detail, says);
  }
});

const fails = (error: unknown) => assert.fail(String(error));

/** The port alone, that looks at its files all the time. */
async function watching(files: Files) {
  const lines: string[] = [];
  const clock = systemClock();
  const say = (details: object, message: string) => void lines.push(`${message} ${JSON.stringify(details)}`);
  const log = { info: say, warn: say, error: say };
  const certificates = await openCertificates(readConfig({ ...files }), clock, log, 20);
  const port = await openHttp({
    ...{ host: '127.0.0.1', port: 0, registry, newId: newIds({ clock }), clock },
    ...{ addresses: addressesBehind([]), routers: [], health: () => ({}), report: fails },
    ...(certificates.people !== undefined && { tls: certificates.people }),
  });
  after(async () => {
    certificates.stop();
    await port.close(0);
  });
  const serial = async (agent?: Agent) =>
    (await asked(`${port.url}/health/live`, agent)).certificate.serialNumber;
  return { lines, serial, port };
}

test('a certificate that is renewed is shown to whoever comes, and nobody who is there is sent away', async () => {
  const files = await kept(await authority.issue(), 'renewed');
  const { serial, lines } = await watching(files);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert });
  after(() => agent.destroy());
  const first = await serial(agent);
  const next = await kept(await authority.issue(), 'renewed-next');
  await rename(next.TLS_CERT_FILE, files.TLS_CERT_FILE);
  await rename(next.TLS_KEY_FILE, files.TLS_KEY_FILE);
  await until(async () => (await serial()) !== first, 'a new one is shown');
  assert.equal(await serial(agent), first, 'on the connection that was there');
  await until(() => lines.length > 0, 'it is told');
  assert.deepEqual(
    [lines.length, /a new certificate is shown/.test(lines[0] ?? '')],
    [1, true],
    lines.join('\n'),
  );
});

test('files that hold none that can be used leave the one before, and are told of once', async () => {
  const good = await authority.issue();
  const files = await kept(good, 'spoilt');
  const { serial, lines } = await watching(files);
  const first = await serial();
  const other = await authority.issue();
  await writeFile(files.TLS_CERT_FILE, other.cert);
  await until(() => lines.length > 0, 'it is told');
  assert.match(lines[0] ?? '', /the one before goes on .*is the key of another certificate/);
  assert.equal(await serial(), first);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(lines.length, 1, 'and not again while nothing changes');
  await writeFile(files.TLS_CERT_FILE, other.cert.slice(0, 200));
  await until(() => lines.length === 2, 'half a file is told');
  assert.match(lines[1] ?? '', /holds no certificate in PEM/);
  assert.equal(await serial(), first);
  await Promise.all([writeFile(files.TLS_CERT_FILE, other.cert), writeFile(files.TLS_KEY_FILE, other.key)]);
  await until(async () => (await serial()) !== first, 'what fits is used');
});

test('no more handshakes are under way than may be, and peers that never finish one are ended', async () => {
  const { TLS_CERT_FILE, TLS_KEY_FILE } = await kept(await authority.issue(), 'slow');
  const clock = systemClock();
  const { people, stop } = await openCertificates(readConfig({ TLS_CERT_FILE, TLS_KEY_FILE }), clock, noLog);
  const port = await openHttp({
    ...{ host: '127.0.0.1', port: 0, registry, newId: newIds({ clock }), clock },
    ...{ addresses: addressesBehind([]), routers: [], health: () => ({}), report: fails },
    ...(people !== undefined && { tls: people }),
    limits: { handshakesPerAddress: 3, handshakeMs: 1_000, connectionsCheckMs: 50 },
  });
  after(async () => {
    stop();
    await port.close(0);
  });
  const silent = Array.from({ length: 4 }, () => connectPlain(Number(new URL(port.url).port), '127.0.0.1'));
  const ended = silent.map((socket) => {
    socket.on('error', () => undefined).resume();
    return once(socket, 'close');
  });
  await Promise.race(ended);
  assert.equal(silent.filter(({ closed }) => closed).length, 1, 'the oldest gives way');
  // Whoever is quick is let in all the same, in the place of another.
  assert.equal((await asked(`${port.url}/health/live`)).status, 200);
  await Promise.all(ended);
  assert.equal((await asked(`${port.url}/health/live`)).status, 200);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Certificate, openCertificates } from '#compose/certificates.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { openHttp } from '#compose/http.ts';
import { readConfig } from '#config';
import { noLog } from '#domain/kernel/ports/log.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';
import { serviceClient } from '#engines/service/client.ts';
import { serviceTokens } from '#engines/service/tokens.ts';
import { dispatchRoutes } from '#write-side/service/dispatch.ts';
import { type Authority, authorityOf, type Issued } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { registry } from '../unit/write-side/rest/bells.ts';

// Roles that show each other certificates: who is let in, who is not, and what the role that is not says of it.

const clock = systemClock();
const tokens = serviceTokens({ key: new Uint8Array(32).fill(7), history: 'h1', clock });
const LOOK_MS = 20;
let folder: string;
let ours: Authority;
let others: Authority;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-roles-'));
  [ours, others] = await Promise.all([authorityOf('Ours'), authorityOf('Somebody else')]);
});
after(() => rm(folder, { recursive: true, force: true }));

let made = 0;
/** What a role has: its certificate and key in one file, and whoever it believes. */
async function papersOf({ cert, key }: Issued, believes: Authority = ours) {
  made += 1;
  const SERVICE_CERTIFICATE_FILE = join(folder, `${made}.pem`);
  const SERVICE_CA_FILE = join(folder, `${made}-ca.pem`);
  await Promise.all([
    writeFile(SERVICE_CERTIFICATE_FILE, cert + key),
    writeFile(SERVICE_CA_FILE, believes.cert),
  ]);
  const { service } = readConfig({ SERVICE_CERTIFICATE_FILE, SERVICE_CA_FILE });
  const config = { ...readConfig({}), service, whole: false };
  const { roles, stop } = await openCertificates(config, clock, noLog, LOOK_MS);
  after(stop);
  return { file: SERVICE_CERTIFICATE_FILE, certificate: roles ?? assert.fail('it has none') };
}

async function writeSide(tls?: Certificate): Promise<string> {
  const routes = dispatchRoutes({
    ...{ registry, dispatch: () => assert.fail('nothing is sent'), knows: tokens.verify, lives: 'system' },
  });
  const port = await openHttp({
    ...{ host: '127.0.0.1', port: 0, registry, newId: newIds({ clock }), clock },
    ...{ addresses: addressesBehind([]), routers: [routes], health: () => ({}) },
    report: (error) => assert.fail(String(error)),
    ...(tls !== undefined && { tls }),
  });
  after(() => port.close(0));
  return port.url;
}

function role(url: string, shows?: Certificate) {
  const client = serviceClient({
    ...{ url, token: tokens.issue, clock, lives: 'system' },
    ...(shows !== undefined && { shows }),
  });
  after(client.close);
  return client;
}

async function refusedBy(url: string, shows?: Certificate): Promise<string> {
  const client = role(url, shows);
  const error = await client.greet(2_000).then(
    () => assert.fail('it was let in'),
    (failed: Error) => failed,
  );
  assert.equal(client.standing().lastError?.message.includes(error.message), true, 'health says it too');
  return error.message;
}

test('a role with a certificate that is vouched for is let in, and still by its token', async () => {
  const [there, here] = [await papersOf(await ours.issue()), await papersOf(await ours.issue(['reader']))];
  const url = await writeSide(there.certificate);
  assert.match(url, /^https:/);
  await role(url, here.certificate).greet(2_000);
  const stranger = serviceClient({
    ...{ url, clock, lives: 'system', shows: here.certificate, token: async () => 'none' },
  });
  after(stranger.close);
  await assert.rejects(stranger.greet(2_000), /it does not know our token/);
});

test('whoever shows none, one of somebody else, or one that has ended is not, and says why', async () => {
  const there = await papersOf(await ours.issue());
  const url = await writeSide(there.certificate);
  const believing: Certificate = {
    ...there.certificate,
    context: () => ({ ca: ours.cert }),
  };
  assert.match(
    await refusedBy(url, believing),
    /it asks for a certificate: SERVICE_CERTIFICATE_FILE is not set here/,
  );
  const strange = await papersOf(await ours.issue(), others);
  assert.match(
    await refusedBy(url, strange.certificate),
    /nobody in SERVICE_CA_FILE vouches for its certificate/,
  );
  const [unknown, ended] = [await others.issue(), await ours.issue(['127.0.0.1'], -1)];
  for (const issued of [unknown, ended])
    assert.match(
      await refusedBy(url, (await papersOf(issued)).certificate),
      /it closes what we open, as for a certificate that it does not take: ours in SERVICE_CERTIFICATE_FILE has ended/,
    );
});

test('a write side whose certificate has ended, or is for another name, is not believed', async () => {
  const here = await papersOf(await ours.issue());
  const ended = await writeSide((await papersOf(await ours.issue(['127.0.0.1'], -1))).certificate);
  assert.match(await refusedBy(ended, here.certificate), /its certificate has ended/);
  const other = await writeSide((await papersOf(await ours.issue(['elsewhere.example']))).certificate);
  assert.match(await refusedBy(other, here.certificate), /for another name than SERVICE_URL has/);
});

test('plain http and TLS do not meet, and the role says which is missing where', async () => {
  const { certificate } = await papersOf(await ours.issue());
  const secured = await writeSide(certificate);
  await assert.rejects(
    role(secured.replace('https', 'http')).greet(2_000),
    /answers nothing|socket hang up|ECONNRESET/,
  );
  const plain = await writeSide();
  assert.match(await refusedBy(plain.replace('http', 'https'), certificate), /it speaks no TLS/);
});

test('what is renewed at either end is used without a start', async () => {
  const [there, here] = [await papersOf(await ours.issue()), await papersOf(await others.issue(), ours)];
  const url = await writeSide(there.certificate);
  const client = role(url, here.certificate);
  await assert.rejects(client.greet(2_000));
  const { cert, key } = await ours.issue();
  await writeFile(here.file, cert + key);
  await until(
    () =>
      client.greet(2_000).then(
        () => true,
        () => false,
      ),
    'it is let in with the one that is vouched for',
  );
  assert.equal(client.standing().state, 'up');
});

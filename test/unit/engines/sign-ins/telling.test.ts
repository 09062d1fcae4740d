import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { after, before, test } from 'node:test';
import { isPublicAddress } from '#engines/public-addresses.ts';
import { logoutTelling, systemResolve } from '#engines/sign-ins/telling.ts';

const told: string[] = [];
let connections = 0;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  told.push(`${request.headers.host} ${body}`);
  if (request.url === '/elsewhere') response.writeHead(302, { location: '/left' });
  response.end();
});
server.on('connection', () => {
  connections += 1;
});
let port = 0;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

/** What resolves each name to the same addresses, and tells how often it was asked. */
function resolvingTo(...addresses: string[]) {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  };
  return { asked, resolve };
}

const HIDDEN = [
  ...['0.0.0.0', '127.0.0.1', '127.8.8.8', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['100.64.0.1', '169.254.169.254', '192.0.0.8', '198.19.0.1', '203.0.113.7', '224.0.0.1'],
  ...[
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::7f00:1',
    'fe80::1',
    'fe80::1%2',
  ],
  ...[
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2001::1',
    'here',
  ],
];

test('an address is public where it is given to somebody on the internet', () => {
  assert.deepEqual(HIDDEN.filter(isPublicAddress), []);
  const open = [
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '169.253.0.1',
    '2606:4700::1111',
    '2a00::1',
  ];
  assert.deepEqual(open.filter(isPublicAddress), open);
});

test('in production nobody is told at an address that is not public, whatever its name, and beside public ones', async () => {
  const before_ = connections;
  for (const address of HIDDEN)
    for (const addresses of [[address], ['1.1.1.1', address]]) {
      const { resolve } = resolvingTo(...addresses);
      const tell = logoutTelling({ anywhere: false, internal: ['other.example'], resolve });
      await assert.rejects(tell(`http://shop.example:${port}/left`, 't'), /none of the internet's/, address);
    }
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', 'localhost']) {
    const tell = logoutTelling({ anywhere: false, internal: [], resolve: systemResolve });
    await assert.rejects(tell(`http://${host}:${port}/left`, 't'), /none of the internet's/, host);
  }
  assert.equal(connections, before_);
});

test('a host that is named as internal is told at the address that was looked up once, and so is any in development', async () => {
  for (const options of [
    { anywhere: false, internal: ['books.internal'] },
    { anywhere: true, internal: [] },
  ]) {
    const { asked, resolve } = resolvingTo('127.0.0.1');
    const tell = logoutTelling({ ...options, resolve });
    told.length = 0;
    await tell(`http://books.internal:${port}/left`, 'a.b.c');
    assert.deepEqual([told, asked], [[`books.internal:${port} logout_token=a.b.c`], ['books.internal']]);
    await assert.rejects(tell(`http://books.internal:${port}/elsewhere`, 't'), /answered 302/);
    assert.equal(told.length, 2, 'nobody is led elsewhere');
  }
});

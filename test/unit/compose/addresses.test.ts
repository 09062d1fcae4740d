import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesBehind } from '#compose/http/addresses.ts';
import { networkOf } from '#runtime/address.ts';

// Whom a request is counted against. Proxies are at 10.0.0.0/8, at 192.0.2.1 and in 2001:db8:1::/48.

const { of, ofPeer } = addressesBehind(['10.0.0.0/8', '192.0.2.1', '2001:db8:1::/48']);
const asking = (remoteAddress: string | undefined, headers: Readonly<Record<string, string>>) => ({
  socket: { remoteAddress } as never,
  headers,
  rawHeaders: Object.entries(headers).flat(),
});
const request = (remoteAddress: string | undefined, forwarded?: string) =>
  asking(remoteAddress, {
    ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }),
    forwarded: 'for=198.51.100.66',
  });

const cases: readonly (readonly [
  rule: string,
  peer: string | undefined,
  header: string | undefined,
  address: string | undefined,
])[] = [
  ['a peer is who it is', '203.0.113.9', undefined, '203.0.113.9'],
  ['a header from anybody is a claim', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a trusted proxy says who asks', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['and so does one that is listed by itself', '192.0.2.1', '198.51.100.1', '198.51.100.1'],
  ['but not its neighbour', '192.0.2.2', '198.51.100.1', '192.0.2.2'],
  [
    'what stands left of the first stranger is a claim',
    '10.1.2.3',
    '127.0.0.1, 198.51.100.1',
    '198.51.100.1',
  ],
  ['proxies in a row are passed', '10.1.2.3', '9.9.9.9, 198.51.100.1, 192.0.2.1, 10.0.0.1', '198.51.100.1'],
  ['a proxy that asks for itself is who it is', '10.1.2.3', undefined, '10.1.2.3'],
  ['where all are proxies, the farthest asks', '10.1.2.3', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
  ['an entry that is no address proves nothing', '10.1.2.3', 'nobody', '10.1.2.3'],
  ['nor does one behind which there is a proxy', '10.1.2.3', '198.51.100.1, unknown, 10.0.0.1', '10.0.0.1'],
  ['nor an empty one', '10.1.2.3', '198.51.100.1, ', '10.1.2.3'],
  ['nor one that another parser would take', '10.1.2.3', '0x7f.1', '10.1.2.3'],
  ['nor one longer than any address', '10.1.2.3', '1'.repeat(10_000), '10.1.2.3'],
  ['a port says nothing', '10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
  ['a port of IPv6 says nothing', '10.1.2.3', '[2001:db8::1]:4711', '2001:db8::1'],
  ['IPv6 has one spelling', '2001:DB8:0:0::00ff', undefined, '2001:db8::ff'],
  ['a proxy may come by IPv6', '2001:db8:1::5', '198.51.100.1', '198.51.100.1'],
  ['IPv4 within IPv6 is IPv4', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
  ['also where it is a proxy', '::ffff:10.1.2.3', '::ffff:c633:6401', '198.51.100.1'],
  ['a link has no name elsewhere', 'fe80::1%eth0', undefined, 'fe80::1'],
  [
    'more proxies than there may be are not followed',
    '10.1.2.3',
    `198.51.100.1${', 10.0.0.1'.repeat(20)}`,
    '10.0.0.1',
  ],
  ['who has gone is nowhere', undefined, '198.51.100.1', undefined],
];
for (const [rule, peer, header, address] of cases)
  test(`${rule}: ${peer} saying ${header?.slice(0, 60)}`, () => {
    assert.equal(of(request(peer, header)), address);
  });

test('connections are counted by their peer, and those of a proxy are nobody’s own', () => {
  assert.equal(ofPeer({ remoteAddress: '::ffff:203.0.113.9' }), '203.0.113.9');
  assert.equal(ofPeer({ remoteAddress: '10.1.2.3' }), undefined);
});

test('that requests are forwarded by nobody who is trusted is told, once', () => {
  for (const [trusted, times] of [
    [[], 1],
    [['10.0.0.0/8'], 0],
  ] as const) {
    let told = 0;
    const { of: addressOf } = addressesBehind(trusted, () => {
      told += 1;
    });
    addressOf(asking('127.0.0.1', {}));
    // What a part of ours has written there for another is nothing that the client has said.
    addressOf({ ...asking('127.0.0.1', { host: 'here' }), headers: { 'x-forwarded-for': '127.0.0.1' } });
    assert.equal(told, 0);
    for (let at = 0; at < 3; at++) addressOf(request('127.0.0.1', '198.51.100.1'));
    assert.equal(told, times);
  }
});

test('without any proxy every header is a claim', () => {
  assert.equal(addressesBehind([]).of(request('127.0.0.1', '198.51.100.1')), '127.0.0.1');
});

test('an address of IPv4 counts for itself, one of IPv6 for its /64', () => {
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9');
  for (const address of ['2001:db8::1', '2001:db8:0:0:ffff:ffff:ffff:ffff', '2001:db8::'])
    assert.equal(networkOf(address), '2001:db8:0:0::/64', address);
  assert.equal(networkOf('2001:db8:0:1::1'), '2001:db8:0:1::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('64:ff9b::192.0.2.1'), '64:ff9b:0:0::/64');
  assert.equal(networkOf('unknown'), 'unknown');
});

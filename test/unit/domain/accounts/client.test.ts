import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client } from '#domain/accounts/client/decider.ts';
import * as c from '#domain/accounts/client/messages.ts';
import { deciding, person, stateOf } from '#test/support/given.ts';

const given = deciding(client);
const ada = { actor: person('ada', ['admin']) };
const by = { client: 'scales', by: 'ada' };
const data = {
  ...by,
  name: 'Scales',
  verifier: 'x',
  grantTypes: ['client_credentials' as const],
  redirectUris: [],
};
const registered = c.ClientRegistered(data);
const removed = c.ClientRemoved(by);

test('a system administers nothing, and is called by less than a person could be', () => {
  const register = (more: object) => c.RegisterClient.schema.safeParse({ ...data, ...more }).success;
  assert.ok(register({ roles: ['auctioneer', 'clerk'] }));
  assert.ok(!register({ roles: ['admin'] }));
  assert.ok(!register({ client: 'x'.repeat(51) }));
});

test('a system neither bids nor sells, as those who keep it do not, whatever it was registered with before', () => {
  for (const role of ['bidder', 'seller'])
    assert.ok(!c.RegisterClient.schema.safeParse({ ...data, roles: [role] }).success, role);
  const before = c.ClientRegistered({ ...data, roles: ['bidder', 'seller', 'auditor'] });
  const { roles: stored } = c.ClientRegistered.schema.parse(before.data);
  assert.deepEqual(stored, ['bidder', 'seller', 'auditor'], 'what was recorded is read');
  const state = stateOf(client, [before]);
  assert.ok(state.phase === 'known');
  assert.deepEqual(state.known.roles, ['auditor']);
});

test('a system is registered where hosts are, and is found where it was registered before', () => {
  const odd = 'https://a;script-src.example/';
  const uris = { redirectUris: [odd], postLogoutRedirectUris: [odd], backchannelLogoutUri: odd };
  for (const [name, uri] of Object.entries(uris))
    assert.ok(!c.RegisterClient.schema.safeParse({ ...data, [name]: uri }).success, name);
  const before = c.ClientRegistered({ ...data, ...uris });
  const { redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = c.ClientRegistered.schema.parse(
    before.data,
  );
  assert.deepEqual({ redirectUris, postLogoutRedirectUris, backchannelLogoutUri }, uris);
  const left = { ...data, backchannelLogoutUri: 'com.example.app:/left' };
  assert.ok(!c.RegisterClient.schema.safeParse(left).success, 'nobody tells an app');
  const longest = { ...data, redirectUris: [`https://a.example/${'x'.repeat(432)}`] };
  assert.ok(c.RegisterClient.schema.safeParse(longest).success);
  assert.deepEqual(c.ClientRegistered.schema.parse(longest).redirectUris, longest.redirectUris);
});

test('a system is kept by who has registered it, and by who has given it the secret of now', () => {
  const keepers = (...rotatedBy: readonly string[]) => {
    const rotations = rotatedBy.map((by) => c.ClientVerifierRotated({ ...data, by, verifier: by }));
    const state = stateOf(client, [registered, ...rotations]);
    return state.phase === 'known' && state.known.keepers;
  };
  assert.deepEqual(keepers(), ['ada']);
  assert.deepEqual(keepers('bob'), ['ada', 'bob']);
  assert.deepEqual(keepers('bob', 'cyd'), ['ada', 'cyd']);
  assert.deepEqual(keepers('bob', 'ada'), ['ada']);
});

test('a system is registered once, gets other secrets, and is removed for good', () => {
  assert.deepEqual(given([]).when('RegisterClient', data), [registered]);
  assert.deepEqual(given([registered]).when('RegisterClient', data), c.ClientExists({}));
  const rotated = c.ClientVerifierRotated({ ...by, verifier: 'y' });
  assert.deepEqual(given([registered]).when('RotateClientVerifier', { ...by, verifier: 'y' }), [rotated]);
  assert.deepEqual(given([registered]).when('RemoveClient', { client: 'scales' }, ada), [removed]);
  assert.deepEqual(given([registered, removed]).when('RemoveClient', { client: 'scales' }, ada), []);
  assert.deepEqual(given([registered, removed]).when('RegisterClient', data), c.ClientExists({}));
  const rename = (history: Parameters<typeof given>[0], name: string) =>
    given(history).when('RenameClient', { client: 'scales', name }, ada);
  const renamed = c.ClientRenamed({ ...by, name: 'The scales' });
  assert.deepEqual(rename([registered], 'The scales'), [renamed]);
  assert.deepEqual(rename([registered, renamed], 'The scales'), []);
  assert.deepEqual(rename([registered, renamed], 'Scales'), [c.ClientRenamed({ ...by, name: 'Scales' })]);
  assert.deepEqual(rename([registered, removed], 'The scales'), c.ClientUnknown({}));
  assert.deepEqual(rename([], 'The scales'), c.ClientUnknown({}));
  for (const history of [[], [registered, removed]])
    assert.deepEqual(
      given(history).when('RotateClientVerifier', { ...by, verifier: 'y' }),
      c.ClientUnknown({}),
    );
  assert.deepEqual(given([]).when('RemoveClient', { client: 'scales' }, ada), c.ClientUnknown({}));
});

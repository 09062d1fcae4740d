import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownClient } from '#write-side/accounts/known.ts';
import { clientOf } from '#write-side/accounts/provider/clients.ts';
import type { NamedKey } from '#write-side/accounts/provider/surroundings.ts';

const wiki: KnownClient = {
  ...{ client: 'wiki', revision: 1, name: 'Wiki', verifier: 'sha256:x', grantTypes: ['authorization_code'] },
  ...{
    redirectUris: [],
    postLogoutRedirectUris: [],
    backchannelLogoutUri: undefined,
    roles: [],
    keepers: [],
  },
};
const ed25519: NamedKey = { kid: 'one', kty: 'OKP', d: 'secret' };
const rsa: NamedKey = { kid: 'two', kty: 'RSA', d: 'secret' };

/** What ID tokens of a system are signed by, as the provider is told. */
async function algorithm(wanted: KnownClient['idTokenSignedResponseAlg'], keys: readonly NamedKey[]) {
  const found = await clientOf('wiki', {
    known: { client: async () => ({ ...wiki, idTokenSignedResponseAlg: wanted }) },
    publicUrl: 'https://house.example',
    house: { name: undefined, contact: undefined },
    consoleSignIn: true,
    keys: { current: () => keys },
  });
  return found?.id_token_signed_response_alg;
}

test('a system gets what it asks for, where a key is there that can sign it, and is known to the provider where it is gone', async () => {
  assert.equal(await algorithm('RS256', [ed25519, rsa]), 'RS256');
  assert.equal(await algorithm('RS256', [ed25519]), 'EdDSA');
  assert.equal(await algorithm('RS256', [ed25519, { kid: 'two', kty: 'RSA' }]), 'EdDSA');
  assert.equal(await algorithm('EdDSA', [ed25519, rsa]), 'EdDSA');
  assert.equal(await algorithm(undefined, [ed25519, rsa]), undefined, 'as the provider has it for all');
});

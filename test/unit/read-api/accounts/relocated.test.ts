import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { openedText } from '#read-api/authorization/secrets.ts';

test('a sealed text is opened in a document of its own person alone, and what proves somebody nowhere, wherever it was put', async () => {
  const personKeys = temporaryPersonKeys();
  const keys = await personKeys.make(['pia', 'bob']);
  function sealed(of: string, field: string, text: string) {
    const key = keys.get(of);
    assert.ok(typeof key === 'object');
    const place = { stream: `account-${of}`, eventId: 'e1', field };
    return { of, ...place, sealed: key.seal(place, text) };
  }
  const shown = (text: unknown, owner: string) => openedText(text, owner, { registry, personKeys });
  assert.equal(await shown(sealed('pia', 'email', 'pia@example.org'), 'pia'), 'pia@example.org');
  assert.equal(await shown(sealed('pia', 'email', 'pia@example.org'), 'bob'), null);
  for (const field of ['verifier', 'secret', 'credential', 'codes', 'paymentMeans'])
    assert.equal(await shown(sealed('pia', field, 'a verifier'), 'pia'), null, field);
  const moved = { ...sealed('pia', 'verifier', 'a verifier'), field: 'email' };
  assert.equal(await shown(moved, 'pia'), null);
});

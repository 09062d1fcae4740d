import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPages, PASSWORD } from '../support/pages/open.ts';
import { openContext } from './opened.ts';

// A passkey from its making to its removal, by an authenticator that Chromium plays.

export function passkeysTests(): void {
  test('somebody adds a passkey, comes in by it, proves by it who they are, and removes it', async (t) => {
    const opened = await openPages();
    const { origin, system, ann } = opened;
    const { page, problems } = await openContext(t, [origin, system]);
    // Browsers of before have none of these, and what a manager of passwords answers with throws.
    await page.addInitScript(`
      for (const name of ['parseCreationOptionsFromJSON', 'parseRequestOptionsFromJSON'])
        delete PublicKeyCredential[name];
      PublicKeyCredential.prototype.toJSON = () => { throw new TypeError('Illegal invocation'); };
    `);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true },
        ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      },
    });
    const password = async () => {
      await page.locator('[name=password]').fill(PASSWORD);
      await page.locator('main form button[type=submit]').first().click();
    };
    const passkey = page.locator('form[data-passkey] button');

    await page.goto(`${origin}/account/security`);
    await page.locator('[name=email]').fill('ann@mail.example');
    await password();
    // A sign-in is no step-up here.
    await page.getByText('Is it still you?').waitFor();
    await password();
    await page.getByText('You have none yet.').waitFor();
    await passkey.click();
    await page.getByText('The passkey is added.').waitFor();
    assert.equal(ann.passkeys.length, 1);

    await page.context().clearCookies();
    await page.goto(`${origin}/oidc/start?to=${system}/back`);
    await page.locator('[name=email]').fill('ann@mail.example');
    await password();
    await page.waitForURL(/second-factor/);
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await passkey.click();
    await page.waitForURL(/consent/);
    const last = opened.provider.finished.at(-1);
    assert.deepEqual([last?.person, last?.methods], ['ann', ['pwd', 'hwk']]);

    // Whoever stops is told so, and may try again.
    await page.goto(`${origin}/account/security`);
    await password();
    await page.waitForURL(/second-factor/);
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await passkey.click();
    await page.getByText('The passkey was not taken, or you have stopped.').waitFor();
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await passkey.click();
    await page.waitForURL(/account\/security/);
    await page.getByRole('button', { name: 'Remove passkey 1' }).click();
    await page.getByText('The passkey is removed.').waitFor();
    assert.deepEqual(ann.passkeys, []);
    assert.deepEqual(problems, []);
    assert.deepEqual(opened.reported, []);
  });
}

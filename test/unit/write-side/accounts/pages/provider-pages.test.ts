import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Language } from '#domain/kernel/ports/mail.ts';
import { noHouse } from '#test/support/house.ts';
import { problemsOf } from '#test/support/pages/walker.ts';
import { providerPages } from '#write-side/accounts/pages/provider-pages.ts';

const pages = providerPages(noHouse);

// Forms as `oidc-provider` 9 writes them.

const input = (
  value = '',
) => `<form id="op.deviceInputForm" novalidate method="post" action="https://annals.example/oidc/device">
  <input type="hidden" name="xsrf" value="a1&amp;b2"/>
  <input
    ${value}type="text" name="user_code" placeholder="Enter code" onfocus="this.select(); this.onfocus = undefined;" autofocus autocomplete="off"></input>
  </form>`;
const confirm = `<form id="op.deviceConfirmForm" method="post" action="/oidc/device">
<input type="hidden" name="xsrf" value="a1"/>
<input type="hidden" name="user_code" value="ABCD-EFGH"/>
<input type="hidden" name="confirm" value="yes"/>
</form>`;
const logout = `<form id="op.logoutForm" method="post" action="/oidc/session/end/confirm"><input type="hidden" name="xsrf" value="a1"/></form>`;
const HOSTILE = `"><script>alert(1)</script>`;

for (const language of Language.options)
  test(`the provider's own pages are whole, in ${language}`, () => {
    const all = [
      pages.deviceCode({ form: input().replace('https://annals.example', ''), language }),
      pages.deviceCode({
        form: input().replace('https://annals.example', ''),
        language,
        problem: 'expired',
      }),
      pages.deviceConfirm({ form: confirm, language, client: HOSTILE, code: HOSTILE }),
      pages.deviceDone({ language, client: HOSTILE }),
      pages.signOut({ form: logout, language }),
      pages.deviceCode({ form: confirm, language, problem: 'form_over', code: HOSTILE }),
      pages.deviceCode({ form: confirm, language, problem: 'failed' }),
      pages.signedOut({ language, isSignedIn: false }),
      pages.signedOut({ language, isSignedIn: true }),
      pages.leaving({ to: 'com.example.app:/back', language }),
      pages.problem({ language, code: HOSTILE, description: HOSTILE }),
    ];
    for (const page of all) {
      assert.deepEqual(problemsOf(page), []);
      assert.match(page, new RegExp(`<html lang="${language}">`));
    }
  });

test('what the provider hides in its forms is kept, and its script is not', () => {
  const page = pages.deviceCode({ form: input(), language: 'en', problem: 'unknown_code' });
  assert.match(page, /action="https:\/\/annals\.example\/oidc\/device"/);
  assert.match(page, /<input type="hidden" name="xsrf" value="a1&amp;b2"\/>/);
  assert.match(page, /<label for="field-user_code">/);
  assert.match(page, /<title>Error: Sign in on a device/);
  assert.doesNotMatch(page, /onfocus/);
  const confirming = pages.deviceConfirm({
    form: confirm,
    language: 'en',
    client: 'TV',
    code: 'ABCD-EFGH',
  });
  for (const name of ['xsrf', 'user_code', 'confirm']) assert.ok(confirming.includes(`name="${name}"`), name);
  assert.match(confirming, /<button type="submit" name="abort" value="yes"/);
  assert.match(
    pages.signOut({ form: logout, language: 'en' }),
    /<button type="submit" name="logout" value="yes"/,
  );
});

test('a code that came with the address is filled in', () => {
  assert.match(pages.deviceCode({ form: input('value="ABCD-EFGH" '), language: 'en' }), /value="ABCD-EFGH"/);
  assert.doesNotMatch(pages.deviceCode({ form: input('value="&lt;x" '), language: 'en' }), /&lt;x/);
});

test('a form that leads nowhere is none', () => {
  assert.throws(() => pages.signOut({ form: '<p>', language: 'en' }), TypeError);
});

test('they name the house and where it is reached, as all pages do', () => {
  const named = providerPages({ name: 'Vente & Fils', contact: 'hello@vente.example' });
  for (const page of [
    named.deviceDone({ language: 'en', client: 'TV' }),
    named.signOut({ form: logout, language: 'en' }),
    named.notSignedIn({ language: 'en', why: 'over', again: undefined, isSignedIn: false }),
  ]) {
    assert.match(page, /<title>[^<]* – Vente &amp; Fils<\/title>/);
    assert.match(page, /hello@vente\.example/);
  }
});

for (const [to, title] of [
  [`https://shop.example/back?state=${HOSTILE}&code=c`, 'One moment'],
  [`com.example.app:/back?state=${HOSTILE}&code=c`, 'Back to the app'],
] as const)
  test(`a page leads to ${to.split(':', 1)} by itself, and by a button to the same address`, () => {
    const page = pages.leaving({ to, language: 'en' });
    assert.deepEqual(problemsOf(page), []);
    assert.match(page, new RegExp(`<title>${title}`));
    const led = to
      .replace(HOSTILE, '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
      .replace('&code', '&amp;code');
    assert.ok(page.includes(`content="0; url=${led}"`), page);
    assert.ok(page.includes(`<a class="button" href="${led}">`), page);
  });

test('forms lead nowhere but here', () => {
  assert.match(pages.headers()['Content-Security-Policy'] ?? '', /form-action 'self';/);
});

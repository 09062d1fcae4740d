import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { type OpenPages, openPages, PASSWORD } from '../support/pages/open.ts';
import { openContext } from './opened.ts';

// The pages on which people come in, as they meet them: on a phone and a desk, by day and by night.

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };
const SMALLEST = { width: 320, height: 640 };
/** Rules about what is seen: those of a light, and those of a size. */
const COLOURS = ['color-contrast'];
const SEEN = [...COLOURS, 'target-size', 'scrollable-region-focusable'];
const NEXT = 'main form button[type=submit]';

const overflows = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

/** What axe has against a page in this size and light. @param rules those that sizes and lights change; undefined: all */
async function violations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const found = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults;
  return found.violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(' ')}`);
}

/** What axe has against the page as it stands, in every size and light; and whether it has to be scrolled sideways. */
async function faults(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  await page.evaluate(AXE);
  const look = async (viewport: typeof PHONE, colorScheme: 'light' | 'dark', rules?: readonly string[]) => {
    const at = `${name}-${viewport.width}-${colorScheme}`;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const violation of await violations(page, rules)) found.push(`${at}: ${violation}`);
    const folder = process.env.SCREENSHOTS;
    if (folder) await page.screenshot({ path: `${folder}/${at}.png`, fullPage: true });
  };
  // What a page is made of is the same in every size: it is looked at once, and then what a size changes, and what a light does.
  await page.setViewportSize(DESKTOP);
  await look(DESKTOP, 'light', SEEN);
  await look(DESKTOP, 'dark', COLOURS);
  await page.setViewportSize(PHONE);
  await look(PHONE, 'dark', COLOURS);
  await look(PHONE, 'light');
  // As with a browser's setting for larger text.
  await page.evaluate('document.documentElement.style.fontSize = "200%"');
  if (await overflows(page)) found.push(`${name}: wider than a phone with letters twice as large`);
  await page.evaluate('document.documentElement.style.fontSize = ""');
  await page.setViewportSize(SMALLEST);
  if (await overflows(page)) found.push(`${name}: wider than 320 pixels`);
  return found;
}

async function signIn(page: Page, { origin }: OpenPages, path = '/account'): Promise<void> {
  await page.goto(origin + path);
  await page.locator('[name=email]').fill('ann@mail.example');
  await page.locator('[name=password]').fill(PASSWORD);
  await page.locator(NEXT).first().click();
}

const everyFactor = (ann: OpenPages['ann']): void => {
  ann.totp = { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', lastStep: undefined };
  ann.recovery = ['one', 'two', 'three'];
  const passkey = { publicKey: '', signCount: 0, transports: [], synced: false };
  ann.passkeys = [
    { ...passkey, id: 'first-passkey-of-ann' },
    { ...passkey, id: 'second-passkey-of-ann' },
  ];
};

/** From the first page to the last of a sign-in, without a second factor until the end. */
async function* comingIn(page: Page, opened: OpenPages): AsyncGenerator<string> {
  const { origin, system, ann } = opened;
  const start = `${origin}/oidc/start?to=${system}/back&name=Gallery&scope=openid+email+roles`;
  await page.goto(start);
  yield 'sign-in';
  await page.locator('[name=email]').fill('ann@');
  await page.locator(NEXT).first().click();
  await page.locator('.summary').waitFor();
  yield 'sign-in-wrong';
  await page.goto(`${page.url()}/abort`);
  yield 'abort';
  everyFactor(ann);
  await signIn(page, opened, start.slice(origin.length));
  await page.waitForURL(/second-factor/);
  yield 'second-factor';
  await page.locator('[name=code]').fill('1');
  await page.locator(NEXT).first().click();
  await page.locator('.summary').waitFor();
  yield 'second-factor-wrong';
  Object.assign(ann, { totp: undefined, passkeys: [], recovery: [] });
  await signIn(page, opened, start.slice(origin.length));
  await page.waitForURL(/consent/);
  yield 'consent';
}

/** Pages that are there by their address alone. */
const byAddress = (opened: OpenPages): readonly (readonly [string, string])[] => [
  ...(
    ['register', 'register/sent', 'verify', 'verify?token=x', 'verify/done', 'reset', 'reset/sent'] as const
  ).map((path) => [path, `/account/${path}`] as const),
  ...(
    ['reset/confirm?token=x', 'reset/done', 'email?token=x', 'email/done', 'signed-out', 'nowhere'] as const
  ).map((path) => [path, `/account/${path}`] as const),
  ...(['close/done', 'erase/done'] as const).map((path) => [path, `/account/${path}`] as const),
  ...(
    ['device', 'confirm', 'done', 'sign-out', 'signed-out', 'still-signed-in', 'leaving', 'problem'] as const
  ).map((name) => [`provider-${name}`, `/oidc/pages/${name}`] as const),
  ['provider-not-signed-in', '/oidc/pages/not-signed-in'],
  ['sign-in-over', `/sign-in/${opened.people.size}`],
];

const OWN = [
  'profile',
  'password',
  'sessions',
  'sign-out',
  'security',
  'email-change',
  'export',
  'close',
  'erase',
];

/** Of whoever is signed in, with everything that there can be on them. */
async function* own(page: Page, opened: OpenPages): AsyncGenerator<string> {
  const { origin, ann } = opened;
  ann.profile = { name: 'Ann Example', address: 'Street 1\n1000 Town', phone: '+1 555 0100' };
  ann.emailVerified = false;
  await signIn(page, opened);
  await page.waitForURL(/\/account$/);
  await page.goto(`${origin}/account?done=profile`);
  yield 'account';
  await page.goto(`${origin}/account/security`);
  yield 'once-more';
  await page.locator('[name=password]').fill(PASSWORD);
  await page.locator(NEXT).first().click();
  await page.waitForURL(/account\/security/);
  everyFactor(ann);
  for (const name of OWN) {
    await page.goto(`${origin}/account/${name}`);
    yield name;
  }
  await page.locator(NEXT).click();
  await page.locator('.summary').waitFor();
  yield 'erase-wrong';
  for (const form of ['totp', 'recovery-codes']) {
    await page.goto(`${origin}/account/security`);
    await page.locator(`form[action$="/${form}"] button`).click();
    yield form;
  }
}

/** In other languages pages differ by their words alone: those with the most of them are looked at. */
async function* someWith(page: Page, opened: OpenPages): AsyncGenerator<string> {
  await page.goto(`${opened.origin}/oidc/start?to=${opened.system}/back&scope=openid+email+roles`);
  await page.locator(NEXT).first().click();
  await page.locator('.summary').waitFor();
  yield 'sign-in-wrong';
  await signIn(page, opened, page.url().slice(opened.origin.length));
  await page.waitForURL(/consent/);
  yield 'consent';
  opened.ann.emailVerified = false;
  await page.goto(`${opened.origin}/account?done=profile`);
  yield 'account';
}

/** What the links of mails show as long as they hold. */
async function byMail({ door, mails }: OpenPages): Promise<readonly (readonly [string, string])[]> {
  const by = { address: '192.0.2.7', language: 'en' } as const;
  await door.sendVerification('ann', by);
  await door.askReset('ann@mail.example', by);
  await door.askEmailChange('ann', { email: 'new@mail.example', password: PASSWORD }, by);
  const paths = { verify: 'verify', reset: 'reset/confirm', email: 'email' };
  return mails.map(({ about, token }) => [`${about}-link`, `/account/${paths[about]}?token=${token}`]);
}

async function* withoutSigningIn(page: Page, opened: OpenPages): AsyncGenerator<string> {
  for (const [name, path] of [...byAddress(opened), ...(await byMail(opened))]) {
    await page.goto(opened.origin + path);
    yield name;
  }
}

const walks = [
  ['en', 'on the way in', comingIn, 6],
  ['en', 'for whoever comes by its address', withoutSigningIn, 28],
  ['en', 'of an account', own, 14],
  ['fr', 'with many words', someWith, 3],
  ['ru', 'with many words', someWith, 3],
] as const;

export function pagesTests(): void {
  for (const [locale, which, walk, count] of walks)
    test(`every page is for everybody: ${which}, in ${locale}`, async (t) => {
      const opened = await openPages();
      // No app is there to be opened: the page that leads to one stays.
      const only = [opened.origin, opened.system, 'com.example.app:'];
      const { page, outside, problems } = await openContext(t, only, { locale });
      const found: string[] = [];
      let seen = 0;
      for await (const name of walk(page, opened)) {
        assert.equal(await page.locator('html').getAttribute('lang'), locale);
        found.push(...(await faults(page, `${locale}-${name.replaceAll(/\W/g, '-')}`)));
        seen += 1;
      }
      assert.deepEqual(found, []);
      assert.deepEqual(outside, []);
      assert.deepEqual(problems, []);
      assert.deepEqual(opened.reported, []);
      assert.equal(seen, count);
    });

  test('somebody comes in by the keyboard alone, and is told where something is wrong', async (t) => {
    const opened = await openPages();
    const { page, problems } = await openContext(t, [opened.origin, opened.system]);
    const focused = () => page.evaluate('document.activeElement.name || document.activeElement.className');
    const { keyboard } = page;
    await page.goto(`${opened.origin}/oidc/start?to=${opened.system}/back`);
    await keyboard.press('Tab');
    assert.equal(await focused(), 'skip');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'email');
    assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid');
    await keyboard.type('ann@mail.example');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'password');
    await keyboard.type('wrong');
    await keyboard.press('Enter');
    await page.waitForFunction('document.title.startsWith("Error")');
    assert.equal(await focused(), 'summary', 'what is wrong is read out first');
    for (const name of ['email', 'password']) {
      await keyboard.press('Tab');
      assert.equal(await focused(), name);
    }
    await keyboard.type(PASSWORD);
    await keyboard.press('Tab');
    assert.match(String(await focused()), /reveal/);
    await keyboard.press('Space');
    assert.equal(await page.locator('[name=password]').getAttribute('type'), 'text');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.waitForURL(/consent/);
    // Past the way to where it is ended again.
    for (let count = 0; count < 3; count++) await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.waitForURL(`${opened.system}/back?code=c`);
    assert.deepEqual(problems, []);
  });

  test('everything works without a script', async (t) => {
    const opened = await openPages();
    const options = { javaScriptEnabled: false, viewport: PHONE };
    const { page, problems } = await openContext(t, [opened.origin, opened.system], options);
    await signIn(page, opened, `/oidc/start?to=${opened.system}/back`);
    await page.waitForURL(/consent/);
    await page.locator(NEXT).first().click();
    await page.waitForURL(`${opened.system}/back?code=c`);
    await page.goto(`${opened.origin}/account/profile`);
    await page.locator('[name=name]').fill('Ann');
    await page.locator('[name=address]').fill('Street 1\nTown');
    await page.locator(NEXT).click();
    await page.getByText('Your profile is saved.').waitFor();
    assert.deepEqual(opened.ann.profile, { name: 'Ann', address: 'Street 1\nTown', phone: undefined });
    everyFactor(opened.ann);
    await page.goto(`${opened.origin}/account/erase`);
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator(NEXT).first().click();
    await page.waitForURL(/second-factor/);
    await page.getByText('Passkeys need JavaScript').waitFor();
    assert.equal(await page.getByText('Use a passkey').isVisible(), false);
    assert.equal(await page.locator('details').count(), 1);
    assert.deepEqual(problems, []);
  });
}

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { boot, dataFolder } from '../support/booted.ts';
import { chromiumPath } from './chromium.ts';

// GraphiQL as a person meets it: in a real browser that reaches nothing but the platform.

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

async function openBrowser(only: string) {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  const outside: string[] = [];
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('websocket', (socket) => {
    if (!socket.url().startsWith(only.replace('http', 'ws'))) outside.push(socket.url());
  });
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(only)) return route.continue();
    outside.push(url);
    return route.abort();
  });
  return { page, outside, problems };
}

async function command(address: string, person: string, role: string, path: string, data: object) {
  const post = (to: string, body: object, headers = {}) =>
    fetch(address + to, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }).then((response) => response.json() as Promise<Record<string, unknown>>);
  const { token } = await post('/dev/tokens', { sub: person, roles: [role] });
  const reply = await post(`/commands/${path}`, data, { authorization: `Bearer ${token}` });
  assert.equal(reply.outcome, 'accepted', JSON.stringify(reply));
}

/** An auction that can be opened at any moment, as the README's first one. */
async function announceAuction(address: string): Promise<void> {
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  const tiers = [{ rateBasisPoints: 1_000 }];
  const sale = { saleId: 'spring', title: 'Spring', description: '', currency: 'USD', ladderVersion: 1 };
  const terms = { premium: tiers, commission: tiers };
  await command(address, 'otto', 'auctioneer', 'auctions/schedule-sale', { ...sale, ...terms });
  await command(address, 'otto', 'auctioneer', 'auctions/publish-sale', { saleId: 'spring' });
  await command(address, 'sam', 'seller', 'auctions/consign-lot', {
    ...{ lotId: 'clock', title: 'A clock', description: '', categories: [], pictures: [] },
    ...{ estimateLow: usd('5000'), estimateHigh: usd('9000'), openingBid: usd('2000') },
  });
  await command(address, 'sam', 'seller', 'auctions/schedule-auction', {
    ...{ auctionId: 'clock', lotId: 'clock', saleId: 'spring' },
    ...{ opensAt: '2098-12-24T12:00:00.000Z', endsAt: '2098-12-31T12:00:00.000Z' },
  });
}

/** Waits until the answer reads so; the editor breaks what it shows into spans and fills it up with hard spaces. */
const says = (page: Page, text: string): Promise<void> =>
  page
    .locator('.graphiql-response')
    .filter({ hasText: new RegExp(text.replaceAll(' ', '\\s*')) })
    .waitFor();

/**
 * Presses the button until the answer reads so. GraphiQL takes a moment to notice which operation a tab holds; a person who
 * was too fast is told that it cannot infer the operation, and presses again.
 */
async function runUntil(page: Page, text: string): Promise<void> {
  const early = 'Cannot infer operation';
  for (let tries = 1; tries <= 10; tries++) {
    await page.locator('.graphiql-execute-button').click();
    await says(page, `(${text}|${early})`);
    const answer = await page.locator('.graphiql-response').innerText();
    if (!answer.replaceAll('\u00a0', ' ').includes(early)) return;
    await page.waitForTimeout(500);
  }
  throw new Error('GraphiQL never noticed which operation the tab holds');
}

test('GraphiQL opens with the main operations, answers a query and follows an auction live', async () => {
  const platform = boot({ DATA_DIR: await dataFolder() });
  const address = await platform.address();
  await announceAuction(address);
  const { page, outside, problems } = await openBrowser(address);

  await page.goto(`${address}/graphql`);
  const run = page.locator('.graphiql-execute-button');
  await run.waitFor();
  const tabs = await page.locator('.graphiql-tab-button').allInnerTexts();
  assert.deepEqual(tabs, ['Discover', 'Bid', 'Follow', 'Money']);
  await run.click();
  await says(page, '"edges": \\[\\]');

  // By the keyboard: the tabs can be dragged, and slide to their place while a mouse would aim at them.
  await page.locator('.graphiql-tab-button', { hasText: 'Follow' }).press('Enter');
  await page.locator('.graphiql-tab-active', { hasText: 'Follow' }).waitFor();
  await runUntil(page, '"phase": "scheduled"');
  await says(page, '"phase": "scheduled"');
  await command(address, 'sam', 'seller', 'auctions/open-auction', { auctionId: 'clock' });
  await says(page, '"phase": "open"');

  assert.deepEqual(outside, [], 'the page needs no other network');
  assert.deepEqual(problems, []);
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { command, openContext } from './opened.ts';

// GraphiQL, from its first tab to an auction that is followed live.

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
  for (let tries = 1; tries <= 100; tries++) {
    await page.locator('.graphiql-execute-button').click();
    await says(page, `(${text}|${early})`);
    const answer = await page.locator('.graphiql-response').innerText();
    if (!answer.replaceAll('\u00a0', ' ').includes(early)) return;
    // It has had a moment when it has nothing to do any more.
    await page.evaluate('new Promise((resolve) => { requestIdleCallback(resolve); })');
  }
  throw new Error('GraphiQL never noticed which operation the tab holds');
}

/** @param address of the platform */
export function graphiqlTests(address: string): void {
  test('GraphiQL opens with the main operations, answers a query and follows an auction live', async (t) => {
    await announceAuction(address);
    const { page, outside, problems } = await openContext(t, [address]);

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
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '../support/customer.ts';
import { openContext } from './opened.ts';

/** @param address of the platform */
export function docsTests(address: string): void {
  test('/docs shows what a command takes and answers, and sends it', async (t) => {
    const { authorization } = await signIn(address, 'ann', ['bidder']);
    const { page, outside, problems } = await openContext(t, [address]);
    await page.goto(`${address}/docs`);

    await page.locator('button.authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').first().fill(authorization.replace('Bearer ', ''));
    await dialog.locator('button.authorize').first().click();
    await dialog.locator('button.btn-done').first().click();

    const openWallet = page.locator('#operations-wallets-OpenWallet');
    await openWallet.locator('.opblock-summary-control').click();
    await openWallet.getByText('Needs one of the roles').waitFor();
    await openWallet.locator('textarea.body-param__text').fill('{ "currency": "USD" }');
    await openWallet.locator('input[placeholder="Idempotency-Key"]').fill('by-hand-1');
    await openWallet.locator('button.execute').click();
    const answer = openWallet.locator('.live-responses-table');
    await answer.getByText('WalletOpened').first().waitFor();
    assert.match(await answer.innerText(), /"outcome": "accepted"/);

    assert.deepEqual(outside, [], 'the page needs no other network');
    assert.deepEqual(problems, []);
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true });
  });
}

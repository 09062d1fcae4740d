import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { signIn } from '#test/support/customer.ts';
import { chromiumPath } from './chromium.ts';

// A page as a person meets it: in a real browser that reaches nothing but the platform.

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

/** @param only the address of the platform; what the page asks of any other is refused, and listed */
export async function openBrowser(only: string): Promise<{
  readonly page: Page;
  readonly outside: readonly string[];
  readonly problems: readonly string[];
}> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
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

/** Sends a command as somebody; the browser is not needed for that. */
export async function command(address: string, person: string, role: string, path: string, data: object) {
  const { body } = await (await signIn(address, person, [role])).send(path, data);
  assert.equal(body.outcome, 'accepted', JSON.stringify(body));
}

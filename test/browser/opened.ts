import assert from 'node:assert/strict';
import { after } from 'node:test';
import { chromium, type Page } from 'playwright-core';
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

const post = (to: string, body: object, headers = {}) =>
  fetch(to, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }).then((response) => response.json() as Promise<Record<string, unknown>>);

export async function tokenOf(address: string, person: string, role: string): Promise<string> {
  const { token } = await post(`${address}/dev/tokens`, { sub: person, roles: [role] });
  return String(token);
}

/** Sends a command as somebody; the browser is not needed for that. */
export async function command(address: string, person: string, role: string, path: string, data: object) {
  const authorization = `Bearer ${await tokenOf(address, person, role)}`;
  const reply = await post(`${address}/commands/${path}`, data, { authorization });
  assert.equal(reply.outcome, 'accepted', JSON.stringify(reply));
}

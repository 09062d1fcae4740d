import assert from 'node:assert/strict';
import { after } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { signIn } from '#test/support/customer.ts';
import { chromiumPath } from './chromium.ts';

// A page as a person meets it: in a real browser that reaches nothing but the platform.

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

interface Opened {
  readonly page: Page;
  /** What the page has asked of others, and was refused. */
  readonly outside: readonly string[];
  /** Errors of its scripts, and breaches of its policy. */
  readonly problems: readonly string[];
}

/** @param only where pages may reach: what they ask of any other is refused, and listed */
export async function openContexts(
  only: readonly string[],
): Promise<(options?: ContextOptions) => Promise<Opened>> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  after(() => browser.close());
  return async (options = {}) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const outside: string[] = [];
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
    });
    page.on('websocket', (socket) => {
      if (!only.some((each) => socket.url().startsWith(each.replace('http', 'ws'))))
        outside.push(socket.url());
    });
    await page.route('**/*', (route) => {
      const url = route.request().url();
      if (only.some((each) => url.startsWith(each))) return route.continue();
      outside.push(url);
      return route.abort();
    });
    return { page, outside, problems };
  };
}

/** @param only the address of the platform */
export const openBrowser = async (only: string): Promise<Opened> => (await openContexts([only]))();

/** Sends a command as somebody; the browser is not needed for that. */
export async function command(address: string, person: string, role: string, path: string, data: object) {
  const { body } = await (await signIn(address, person, [role])).send(path, data);
  assert.equal(body.outcome, 'accepted', JSON.stringify(body));
}

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { signIn } from '#test/support/customer.ts';
import { chromiumPath } from './chromium.ts';

// A page as a person meets it: in a real browser that reaches nothing but the platform.

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  // No name but this machine's is found, so that nothing leaves it. To look at each request on its way would take the cache from pages.
  '--process-per-site',
  '--renderer-process-limit=2',
  '--disable-site-isolation-trials',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1',
];

type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

interface Opened {
  readonly page: Page;
  /** What the page has asked of others, and was refused. */
  readonly outside: readonly string[];
  /** Errors of its scripts, and breaches of its policy. */
  readonly problems: readonly string[];
}

let launched: Promise<Browser> | undefined;

/** One for all tests: each has a context of its own in it, with its own cookies and its own cache. */
function browser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('there is no Chromium');
  launched ??= chromium.launch({ executablePath, args: FLAGS });
  return launched;
}
export const closeBrowser = async (): Promise<void> => (await launched)?.close();

/**
 * A page of a context of its own, until the end of the test.
 *
 * @param only where pages may reach: what they ask of any other is refused, and listed
 */
export async function openContext(
  t: Pick<TestContext, 'after'>,
  only: readonly string[],
  options: ContextOptions = {},
): Promise<Opened> {
  const context = await (await browser()).newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const outside: string[] = [];
  const problems: string[] = [];
  const isInside = (url: string) => {
    const from = url.replace(/^blob:/, '');
    return only.some((each) => from.startsWith(each)) || from.startsWith('data:');
  };
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  page.on('websocket', (socket) => {
    if (!isInside(socket.url().replace(/^ws/, 'http'))) outside.push(socket.url());
  });
  page.on('request', (request) => {
    if (!isInside(request.url())) outside.push(request.url());
  });
  return { page, outside, problems };
}

/** Sends a command as somebody; the browser is not needed for that. */
export async function command(address: string, person: string, role: string, path: string, data: object) {
  const { body } = await (await signIn(address, person, [role])).send(path, data);
  assert.equal(body.outcome, 'accepted', JSON.stringify(body));
}

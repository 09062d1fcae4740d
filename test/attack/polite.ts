/**
 * The polite client, in a process of its own, so that no attacker's work is counted as the platform's: `polite.ts URL LOG`. Over
 * and over it sends money to a friend, asks for its balance behind that, and waits until its feed has told of it; it writes
 * down what it asked and heard, and tells its parent how long each of these took. Told to rest it sends nothing more; told
 * to end it waits until its feed is silent.
 */
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type AcknowledgementLog, acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { counterAt } from '#test/support/counter.ts';
import { follow, overSocket, walletFeed } from '../crash/followers.ts';

/** What took so long, and whether it is still waited for. */
export interface Wait {
  readonly what: 'command' | 'question' | 'feed';
  readonly ms: number;
  readonly open: boolean;
}

const EVERY_MS = 150;
const LOOK_MS = 100;
/** After so long without news a feed at rest has told everything. */
const QUIET_MS = 500;

const Answered = z.object({ data: z.object({ wallet: z.object({ available: z.string() }) }) });
const Token = z.object({ token: z.string() });
const BALANCE = 'query ($at: Token) { wallet(currency: "USD", atLeast: $at) { available } }';

const [url = '', file = ''] = process.argv.slice(2);
const log = acknowledgementLog(file);
const over = new AbortController();
const open = new Map<Wait['what'], number>();
const tell = (wait: Wait): void => void process.send?.(wait);

const positionOf = (token: string): bigint =>
  BigInt(Buffer.from(token, 'base64url').toString().split('@')[0] ?? '0');
let toldUpTo = 0n;
let toldAt = performance.now();
let told = Promise.withResolvers<void>();
/** The last token that a command was answered with. */
let lastToken = '';
const asked: AcknowledgementLog = {
  ...log,
  write(line) {
    log.write(line);
    if (line.kind === 'heard') lastToken = Token.safeParse(line.body).data?.token ?? lastToken;
  },
};
const heard: AcknowledgementLog = {
  ...log,
  write(line) {
    log.write(line);
    if (line.kind !== 'told') return;
    toldUpTo = positionOf(line.position);
    toldAt = performance.now();
    told.resolve();
    told = Promise.withResolvers();
  },
};
const counter = counterAt(url, asked, over.signal);

async function timed<T>(what: Wait['what'], work: () => Promise<T>): Promise<T> {
  const begunAt = performance.now();
  open.set(what, begunAt);
  const result = await work();
  open.delete(what);
  tell({ what, ms: performance.now() - begunAt, open: false });
  return result;
}

const ann = await counter.signIn('ann', 'bidder');
const socket = overSocket(url, ann.authorization);
const feed = follow(walletFeed('ann'), socket.listen, heard, over.signal);

/** Each question comes by a connection of its own, as of somebody who has just arrived. */
function ask(body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: ann.authorization };
  return new Promise((resolve, reject) => {
    request(`${url}/graphql`, { method: 'POST', agent: false, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(text)).on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

async function balance(at: string): Promise<void> {
  const body = JSON.stringify({ query: BALANCE, variables: { at } });
  while (!over.signal.aborted) {
    const answer = await ask(body).catch(() => '{}');
    if (Answered.safeParse(JSON.parse(answer || '{}')).success) return;
    await pause(LOOK_MS);
  }
}

async function toldOf(token: string): Promise<void> {
  const position = positionOf(token);
  while (toldUpTo < position && !over.signal.aborted) await told.promise;
}

let resting = false;
async function live(): Promise<void> {
  for (let number = 0; !resting; number++) {
    const transfer = { to: 'bob', amount: '1', currency: 'USD' };
    await timed('command', () => counter.command(ann, `polite-${number}`, 'wallets/transfer', transfer));
    const at = lastToken;
    await Promise.all([timed('question', () => balance(at)), timed('feed', () => toldOf(at))]);
    await pause(EVERY_MS);
  }
}

const looking = setInterval(() => {
  for (const [what, begunAt] of open) tell({ what, ms: performance.now() - begunAt, open: true });
}, LOOK_MS);

process.on('disconnect', () => process.exit(1));
process.on('message', async (order) => {
  resting = true;
  if (order !== 'end') return;
  await living;
  while (performance.now() - toldAt < QUIET_MS) await pause(LOOK_MS);
  over.abort();
  clearInterval(looking);
  socket.close();
  await feed;
  log.close();
  process.exit(0);
});
const living = live();

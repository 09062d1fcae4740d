import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import type { PlatformOptions } from '#compose/platform.ts';
import { accountsIn } from '../support/accounts-before.ts';
import { startHere } from '../support/embedded.ts';
import { type Inhabited, inhabit, type Person } from '../support/inhabited.ts';
import { connected as connectedTo, requestTo } from '../support/transport.ts';

// The door of the whole platform, for strangers: whatever is sent there gets its code, adds no event but a recorded no, is no
// failure of ours, and others are served meanwhile.

/** What a stranger sends; as it stands, without anything a client's library would add or refuse. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly as?: Person;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** What comes back: `code` is the catalogue's, from wherever this kind of answer has it. */
export interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A line of a table: what is sent, the status and the code it gets, and the types of the events that record it. */
export type Case = readonly [
  what: string,
  sent: Sent | ((inhabited: Inhabited) => Sent),
  status: number,
  code: string,
  recorded?: readonly string[],
];

export interface Door {
  readonly inhabited: Inhabited;
  /** What the platform has logged as errors. */
  readonly errors: readonly string[];
  send(sent: Sent): Promise<Answered>;
  /** Writes bytes to a connection of its own, and reads until the platform ends it. */
  raw(bytes: string | Buffer): Promise<Answered>;
  connected(): Promise<Socket>;
  /** How far the history has come. */
  head(): Promise<string>;
  /** The types of the events behind a place, and the codes of the refusals among them. */
  since(head: string): Promise<readonly { readonly type: string; readonly reason: string | undefined }[]>;
}

const WEBHOOK_SECRET = 'a secret that only the provider knows';

export { WEBHOOK_SECRET };

const JSON_TYPE = 'application/json';

const Coded = z.object({ code: z.string() });
const Errors = z.object({ errors: z.array(z.object({ extensions: Coded })).min(1) });
const Data = z.object({ data: z.record(z.string(), Coded) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The code in an answer of REST, of GraphQL, or of a mutation that was rejected. */
export function codeIn(text: string): string | undefined {
  const json = parsed(text);
  return (
    Coded.safeParse(json).data?.code ??
    Errors.safeParse(json).data?.errors[0]?.extensions.code ??
    Object.values(Data.safeParse(json).data?.data ?? {})[0]?.code
  );
}

/** An answer as it stands on the wire. */
function answerIn(wire: string): Answered {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(wire)?.[1] ?? 0);
  const [head = '', ...rest] = wire.split('\r\n\r\n');
  const lines = head.split('\r\n').slice(1);
  const headers = lines.map((line) => {
    const [name = '', ...value] = line.split(':');
    return [name.toLowerCase(), value.join(':').trim()] as const;
  });
  const text = rest.join('\r\n\r\n');
  return { status, code: codeIn(text), headers: Object.fromEntries(headers), text };
}

function exchange(url: string, sent: Sent, authorization: string | undefined): Promise<Answered> {
  const { method = 'POST', path, body, headers = {} } = sent;
  const all = { 'content-type': JSON_TYPE, ...(authorization && { authorization }), ...headers };
  return new Promise((resolve, reject) => {
    const asked = requestTo(url)(url + path, { method, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        const status = response.statusCode ?? 0;
        resolve({ status, code: codeIn(text), headers: Object.fromEntries(headers), text });
      });
    });
    // Whoever is refused in the middle of a long body may still be writing: what counts is the answer.
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Starts the platform with people and things in it; it stops behind the last test of the file. */
export async function openDoor(limits: PlatformOptions['limits'] = {}): Promise<Door> {
  const errors: string[] = [];
  const log = { level: 'error', write: (line: string) => void errors.push(line) } as const;
  const folder = await mkdtemp(join(tmpdir(), 'annals-door-'));
  await accountsIn(folder);
  const platform = await startHere({ CLOCK: 'simulated', WEBHOOK_SECRET, DATA_DIR: folder }, log, limits);
  after(() => rm(folder, { recursive: true, force: true }));
  const { url } = platform;
  const inhabited = await inhabit(url);
  const { api, sessions } = inhabited;

  const connected = (): Promise<Socket> =>
    connectedTo({ port: Number(new URL(url).port), host: '127.0.0.1' });
  const Page = z.object({
    allEvents: z.object({ events: z.array(z.object({ type: z.string(), data: z.looseObject({}) })) }),
  });
  /** A signed notice is kept with the code of what it met. */
  const Kept = z.object({ waitingId: z.string(), why: z.string() });
  const Reason = z.object({ reason: Coded });
  return {
    inhabited,
    errors,
    connected,
    send: (sent) => exchange(url, sent, sent.as && sessions[sent.as].authorization),
    async raw(bytes) {
      const socket = await connected();
      socket.write(bytes);
      let wire = '';
      for await (const chunk of socket) wire += String(chunk);
      return answerIn(wire);
    },
    head: async () => (await api.ask(z.object({ now: z.string() }), '{ now }', {})).now,
    async since(head) {
      const query = 'query ($after: Token) { allEvents(after: $after) { events { type data } } }';
      const { allEvents } = await api.ask(Page, query, { after: head }, sessions.ines);
      // That somebody has read the history stands in it too.
      return allEvents.events
        .filter(({ type }) => type !== 'SecretsRead')
        .map(({ type, data }) => ({
          type,
          reason: Reason.safeParse(data).data?.reason.code ?? Kept.safeParse(data).data?.why,
        }));
    },
  };
}

/** A test for each line: the code, the status, no event but those that record the no, and no failure of ours. */
export function strangers(door: Door, group: string, cases: readonly Case[]): void {
  for (const [what, sending, status, code, recorded = []] of cases)
    test(`${group}: ${what}`, async () => {
      assert.ok(registry.rejections.has(code), `${code} is of the catalogue`);
      const before = await door.head();
      const answer = await door.send(typeof sending === 'function' ? sending(door.inhabited) : sending);
      assert.deepEqual([answer.status, answer.code], [status, code], answer.text.slice(0, 500));
      const added = await door.since(before);
      assert.deepEqual(
        added.map(({ type }) => type),
        recorded,
      );
      if (recorded.length > 0) assert.ok(added.some(({ reason }) => reason !== undefined));
      assert.deepEqual(door.errors, []);
    });
  test(`${group}: ${cases.length} cases, and the platform still serves`, async (t) => {
    t.diagnostic(`${group}: ${cases.length} cases`);
    const { status } = await door.send({ method: 'GET', path: '/health/ready' });
    assert.equal(status, 200);
  });
}

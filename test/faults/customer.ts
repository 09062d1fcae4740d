import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

// Who asks the platform over HTTP, and who reads the history without it.

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const Body = z.record(z.string(), z.unknown());
const Health = z.object({
  status: z.string(),
  components: z.record(z.string(), z.object({ ready: z.boolean(), detail: z.string().optional() })),
});

/** Longer than any answer takes; a question that is never answered fails its test. */
const PATIENCE_MS = 20_000;

export async function ask(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return { status: response.status, body: Body.parse(await response.json()) };
}

export async function healthOf(url: string) {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  return { httpStatus: response.status, ...Health.parse(await response.json()) };
}

/** Looks again and again until it is so. */
export async function until<T>(look: () => Promise<T | undefined | false>, what: string): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await pause(50);
  }
  return assert.fail(`in vain: ${what}`);
}

export interface Customer {
  /** Sends a command by its path, `wallets/open-wallet`. */
  send(path: string, data: object, commandId: string): Promise<Answer>;
  query(query: string): Promise<Answer>;
  readonly authorization: string;
}

/** Somebody with a token of their own; tokens outlive the process that has issued them. */
export function customerAt(url: string, authorization: string): Customer {
  const headers = { Authorization: authorization };
  return {
    authorization,
    send: (path, data, commandId) =>
      ask(`${url}/commands/${path}`, data, { ...headers, 'Idempotency-Key': commandId }),
    query: (query) => ask(`${url}/graphql`, { query }, headers),
  };
}

export async function signIn(url: string, sub: string, roles: readonly string[], hours = 12) {
  const { body } = await ask(`${url}/dev/tokens`, { sub, roles, hours });
  return customerAt(url, `Bearer ${body.token}`);
}

/** Opens a wallet in dollars. */
export const openWallet = (who: Customer, commandId: string): Promise<Answer> =>
  who.send('wallets/open-wallet', { currency: 'USD' }, commandId);

export interface WrittenEvent {
  readonly position: number;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly recordedAt: string;
  readonly commandId: string;
}

/** The history as it stands in the file, read by SQLite alone. */
export function historyIn(folder: string): readonly WrittenEvent[] {
  const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
  try {
    return db
      .prepare(
        `SELECT position, event_id, type.name AS type, stream.name AS stream, recorded_at,
           metadata ->> 'commandId' AS command_id
         FROM event JOIN type ON type.id = event.type JOIN stream ON stream.id = event.stream ORDER BY position`,
      )
      .all()
      .map((row) => ({
        position: Number(row.position),
        eventId: String(row.event_id),
        type: String(row.type),
        stream: String(row.stream),
        recordedAt: String(row.recorded_at),
        commandId: String(row.command_id),
      }));
  } finally {
    db.close();
  }
}

/** How often each command of these has taken effect. */
export const effectsOf = (folder: string, ids: readonly string[]): readonly number[] => {
  const history = historyIn(folder);
  return ids.map((id) => history.filter(({ commandId }) => commandId === id).length);
};

/** The files of a folder by name, without what SQLite makes again. */
export const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('-shm'))
    .sort();

import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from '#runtime/reason.ts';

/** Level by level, because Node's own recursive way never comes back from a parent that takes no folders, like `/proc`. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) make(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** The key that tokens are signed with in development. */
const KEY_NAME = 'token-key.json';
export const keyFileIn = (folder: string): string => join(folder, KEY_NAME);

/**
 * What the roles know each other by in development. It tells nothing of a history: whichever role is started first makes it, and
 * that may be one that waits for the history of another.
 */
export const serviceKeyFileIn = (folder: string): string => join(folder, 'service.key');

/** What wraps the keys of people in development; the keys themselves are in `keys.db`. */
export const masterKeyFileIn = (folder: string): string => join(folder, 'master.key');

/** What the simulated payment provider remembers. */
export const providerFileIn = (folder: string): string => join(folder, 'provider.db');

/** What became of each mail. */
export const mailsFileIn = (folder: string): string => join(folder, 'mails.db');

/** What the provider of tokens remembers. */
export const signInsFileIn = (folder: string): string => join(folder, 'sign-ins.db');
/** How often something was tried at the door. */
export const attemptsFileIn = (folder: string): string => join(folder, 'attempts.db');

/** Mails that go nowhere. */
export const outboxFileIn = (folder: string): string => join(folder, 'outbox.db');

/** The files of a store by the names that SQLite gives them, and the lock. */
const isStoreFile = (name: string): boolean => /\.(db(-wal|-shm)?|lock)$/.test(name);

/**
 * Makes the folder where it is missing, and proves that the databases in it may be written: SQLite would silently open
 * what may not for reading only, and say so at the first write.
 *
 * @throws what the system says of the first path that cannot be used
 */
export function writableFolder(folder: string): void {
  make(folder);
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const name of readdirSync(folder)) {
    if (!isStoreFile(name)) continue;
    const path = join(folder, name);
    if (!statSync(path).isFile()) throw new Error(`${path} is no file`);
    accessSync(path, constants.R_OK | constants.W_OK);
  }
}

/**
 * What stands in a data folder only once its history does. None of them: a file that is still being made, and what SQLite
 * makes beside a database, but for the log of the history.
 */
const isTrace = (name: string): boolean =>
  name === KEY_NAME ||
  name === 'events.db-wal' ||
  (/^(events|views|provider|keys|mails)\.db(?!\.new)/.test(name) && !/-(wal|shm|journal)$/.test(name));

/**
 * What tells that a folder had a history, by name: the log, views and what was set aside of them, the provider's ledger,
 * the key. `except` is a file that an operator has put there themselves. Empty where there is no folder yet.
 */
export function tracesOfHistory(folder: string, except: string | undefined): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isTrace(name) && (except === undefined || join(folder, name) !== resolve(except)))
    .sort();
}

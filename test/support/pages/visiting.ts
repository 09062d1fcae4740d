import assert from 'node:assert/strict';
import { generateSync } from 'otplib';
import { type OpenPages, PASSWORD } from './open.ts';
import { type Seen, type Walker, walker } from './walker.ts';

// How people come to a page of theirs, and what they know.

export const OTHER_PASSWORD = 'twelve grey horses in rain';
export const ann = { email: 'ann@mail.example', password: PASSWORD };

export const codeOf = (secret: string, later = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + later });

/** To the account, by the password alone. */
export async function signedIn({ origin }: OpenPages, languages?: string): Promise<Walker> {
  const visitor = walker(origin, languages);
  const asked = await visitor.follow(await visitor.get('/account'));
  const seen = await visitor.follow(await visitor.post(asked.at, ann));
  assert.equal(seen.at, '/account');
  return visitor;
}

/** To a page for which one has to prove once more who one is. */
export async function steppedUp(visitor: Walker, path: string): Promise<Seen> {
  const seen = await visitor.follow(await visitor.get(path));
  if (!seen.at.startsWith('/sign-in/')) return seen;
  return visitor.follow(await visitor.post(seen.at, { password: PASSWORD }));
}

import { timingSafeEqual } from 'node:crypto';
import { LinkVoid } from '#domain/accounts/door/messages.ts';
import { type LinkPurpose, saidBy, tokenOfLink } from '#domain/accounts/links.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { KnownAccount } from '../known.ts';
import { activeAccount, type DoorParts } from './parts.ts';

type Account = KnownAccount & { readonly email: string };

/**
 * The account that a link of ours is for, which still holds.
 *
 * @param boundTo what it has to be bound to now; undefined: nothing, and so none holds
 */
export async function followed(
  { known, clock, nameOf }: Pick<DoorParts, 'known' | 'clock' | 'nameOf'>,
  token: string,
  purpose: LinkPurpose,
  boundTo: (account: Account) => string | undefined,
): Promise<Account | Rejection> {
  const said = saidBy(token);
  if (said === undefined || said.until <= clock.now()) return LinkVoid({});
  const account = await activeAccount(known, said.person);
  const bound = account && boundTo(account);
  if (account === undefined || bound === undefined) return LinkVoid({});
  const ours = Buffer.from(tokenOfLink({ purpose, ...said, boundTo: bound }, nameOf));
  const theirs = Buffer.from(token);
  return ours.length === theirs.length && timingSafeEqual(ours, theirs) ? account : LinkVoid({});
}

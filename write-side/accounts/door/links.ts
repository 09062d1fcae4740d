import { timingSafeEqual } from 'node:crypto';
import { AccountNotActive } from '#domain/accounts/account/messages.ts';
import { hasSecondFactor } from '#domain/accounts/account/second-factor.ts';
import { LinkVoid } from '#domain/accounts/door/messages.ts';
import { type LinkPurpose, saidBy, tokenOfLink } from '#domain/accounts/links.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { Erased } from '#domain/kernel/rejections.ts';
import type { KnownAccount } from '../known.ts';
import type { Door, FollowedLink, Visitor } from './door.ts';
import { activeAccount, type DoorParts, isRejection } from './parts.ts';
import { confirmed } from './signing-in.ts';

const GONE: ReadonlySet<string> = new Set([AccountNotActive, Erased].map(({ code }) => code));

/** What is said of a link whose account has ended, or has given way to another, while it was followed. */
export const heldNoMore = (refusal: Rejection | undefined): Rejection | undefined =>
  refusal !== undefined && GONE.has(refusal.code) ? LinkVoid({}) : refusal;

type Account = KnownAccount & { readonly email: string };

/** What a link has to be bound to now; undefined: nothing, and so none holds. */
const boundTo: Readonly<Record<LinkPurpose, (account: Account) => string | undefined>> = {
  verify: ({ login }) => login,
  reset: ({ resetBoundTo }) => resetBoundTo,
  email: ({ nextLogin }) => nextLogin,
};

/**
 * The account that a link of ours is for, which still holds.
 *
 * @param namedBy what else it may be bound to: of one that is used already, what it has brought about
 */
export async function followed(
  { known, clock, nameOf }: Pick<DoorParts, 'known' | 'clock' | 'nameOf'>,
  token: string,
  purpose: LinkPurpose,
  namedBy = boundTo[purpose],
): Promise<Account | Rejection> {
  const said = saidBy(token);
  if (said === undefined || said.until <= clock.now()) return LinkVoid({});
  const account = await activeAccount(known, said.person);
  const bound = account && namedBy(account);
  if (account === undefined || bound === undefined) return LinkVoid({});
  const ours = Buffer.from(tokenOfLink({ purpose, ...said, boundTo: bound }, nameOf));
  const theirs = Buffer.from(token);
  return ours.length === theirs.length && timingSafeEqual(ours, theirs) ? account : LinkVoid({});
}

/**
 * As {@link followed}, where the password is asked for besides: the mail may lie with one person who did not ask for it, and the password
 * with another who did. Who has no link that holds learns nothing of any password.
 *
 * @returns `link_void`, and what is said of a password where one signs in
 */
export async function followedKnowing(
  parts: DoorParts,
  { token, password, visitor }: FollowedLink & { readonly visitor: Visitor },
  purpose: LinkPurpose,
  namedBy = boundTo[purpose],
): Promise<Account | Rejection> {
  const account = await followed(parts, token, purpose, namedBy);
  if (isRejection(account)) return account;
  const proven = await confirmed(parts, account.person, password, visitor);
  return isRejection(proven) ? proven : account;
}

export const linked = (parts: DoorParts): Pick<Door, 'linkedTo'> => ({
  async linkedTo(token, purpose) {
    const account = await followed(parts, token, purpose);
    if (isRejection(account)) return account;
    return { person: account.person, email: account.email, withSecondFactor: hasSecondFactor(account) };
  },
});

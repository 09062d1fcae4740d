import { type Instant, later } from '../../kernel/instant.ts';
import { links } from '../links.ts';
import type { events } from './messages.ts';

// How long an account stays whose address nobody has proven: who has the mailbox may never have asked for one.

/** How long there is to prove an address, in milliseconds, from when it was registered last, or its account let in again. */
export const UNPROVEN_MS = 7 * 24 * 60 * 60 * 1_000;

/** What gives time, and how much from its moment on, in milliseconds: a link that was sent holds for as long as its mail says. */
const GIVEN_MS: Readonly<Partial<Record<(typeof events)[number]['type'], number>>> = {
  AccountRegistered: UNPROVEN_MS,
  RegistrationReplaced: UNPROVEN_MS,
  AccountUnlocked: UNPROVEN_MS,
  VerificationAsked: links.verify.lastsMs,
  PasswordResetAsked: links.reset.lastsMs,
  EmailChangeAsked: links.email.lastsMs,
};

/**
 * Until when an account may be unproven, behind an event of it. Its stream and whoever watches its time reckon by this alone.
 *
 * @param before the same before that event
 * @param at the moment of the decision that made it
 */
export function unprovenUntil(before: Instant, type: (typeof events)[number]['type'], at: Instant): Instant {
  const given = GIVEN_MS[type];
  if (given === undefined) return before;
  const until = later(at, given);
  return until > before ? until : before;
}

import { asciiDomain, MailAddress } from '../../kernel/ports/mail.ts';
import { addressAsTyped } from '../../kernel/typed.ts';
import type { LoginName } from '../ids.ts';

// How the address of somebody is named where nobody is to read it.

/** An address that somebody is found by, and its name in streams. */
export interface Login {
  readonly email: string;
  readonly name: LoginName;
}

/** More is no address, and not even read. */
const LONGEST_EMAIL = 320;

/**
 * An address in the one form in which it is named. All of it in small letters: where a server tells two boxes apart by the case of their
 * letters, both are one person here. A domain with letters of its own is that of its `xn--` form.
 *
 * @returns undefined for what no mail can be sent to
 */
export function loginOf(email: string, nameOf: (kind: string, text: string) => string): Login | undefined {
  if (email.length > LONGEST_EMAIL) return undefined;
  const read = MailAddress.safeParse(asciiDomain(addressAsTyped(email).toLowerCase()));
  return read.success ? { email: read.data, name: nameOf('login', read.data) } : undefined;
}

import type { LinkPurpose } from '#domain/accounts/links.ts';
import type { PaymentId, PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';

// What the door does for whoever comes: it turns passwords, codes and keys into what verifies them, and lets nothing else in. Whoever
// asks learns by no answer, and by no time, whether somebody has an account.

/** Who stands before the door, before anybody knows who they are. */
export interface Visitor {
  /** As an edge has normalised it. */
  readonly address: string;
  readonly language: Language;
}

/**
 * How somebody has proven who they are (RFC 8176): a password, a code of an app, a passkey, a recovery code. A passkey that stays on one device
 * is a key of hardware (`hwk`), as far as its authenticator says; one that is copied to others is none, and proven all the same (`pop`).
 */
export type Method = 'pwd' | 'otp' | 'hwk' | 'pop' | 'recovery';

/** What else is asked for behind a password. */
export type SecondFactor = 'totp' | 'passkey' | 'recoveryCode';

/** Whoever it is, their password was right. `secondFactors`: one of these is wanted besides; none: they are in. */
export interface Recognised {
  readonly person: PersonId;
  readonly secondFactors: readonly SecondFactor[];
}

export type SecondFactorAnswer =
  | { readonly by: 'totp'; readonly code: string }
  | { readonly by: 'recoveryCode'; readonly code: string }
  /** As the browser's `credential.toJSON()` has it. */
  | { readonly by: 'passkey'; readonly answer: unknown };

/** What came of something that has nothing to tell. */
export type Done = undefined | Rejection;

/** Another second factor. `codes`: recovery codes, which come with the first one and are shown this once; none where there are some already. */
export interface FactorAdded {
  readonly codes: readonly string[];
  /** They came with this factor too, in an answer that was asked for at the same time. */
  readonly toldElsewhere?: true;
}
/** `method`: by what its making has just proven who they are. */
export interface PasskeyAdded extends FactorAdded {
  readonly method: Method;
}

/** A link in a mail, by whoever knows the password of the account that it is for. */
export interface FollowedLink {
  /** Of the link. */
  readonly token: string;
  readonly password: string;
}

/** None of it throws what a store or a queue has against it: that is answered. */
export interface Door {
  /**
   * Nobody learns whether the address was free: whoever has it already is written to, and so is whoever has it now. Where nobody has
   * proven it yet, what was chosen last counts.
   */
  register(
    asked: {
      readonly email: string;
      readonly password: string;
      readonly paymentMeans?: PaymentId | undefined;
    },
    visitor: Visitor,
  ): Promise<Done>;
  /** `link_void`, and as {@link Door.recognise} for a wrong password: address and password are proven by one person. */
  verifyEmail(link: FollowedLink, visitor: Visitor): Promise<Done>;
  /** The mail once more, for whoever is signed in and has not followed its link. */
  sendVerification(person: PersonId, visitor: Visitor): Promise<Done>;

  /** `invalid_credentials` for a wrong password, an unknown address, and an account that may not come in. */
  recognise(
    asked: { readonly email: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Recognised | Rejection>;
  /** Of somebody who was recognised just before, and says who they are once more (step-up), by their password. */
  confirmPassword(person: PersonId, password: string, visitor: Visitor): Promise<Recognised | Rejection>;
  /** What a browser is to be asked for a passkey (`PublicKeyCredentialRequestOptionsJSON`). */
  passkeyQuestion(person: PersonId, purpose: 'signIn' | 'stepUp'): Promise<object | Rejection>;
  /** Takes a code or a passkey, once. */
  confirmSecondFactor(
    person: PersonId,
    answer: SecondFactorAnswer,
    purpose: 'signIn' | 'stepUp',
    visitor: Visitor,
  ): Promise<{ readonly method: Method } | Rejection>;

  /** Nobody learns whether there is such an account. */
  askReset(email: string, visitor: Visitor): Promise<Done>;
  reset(asked: { readonly token: string; readonly password: string }, visitor: Visitor): Promise<Done>;
  changePassword(
    person: PersonId,
    asked: { readonly old: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Done>;
  /** Another address, once the link in the mail to it was followed. The old one is told. */
  askEmailChange(
    person: PersonId,
    asked: { readonly email: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Done>;
  /**
   * As {@link Door.verifyEmail}; `login_in_use` where somebody else has proven the address, `unavailable` while what is recorded has not come
   * to its end. Followed again the link tells what came of it.
   */
  changeEmail(link: FollowedLink, visitor: Visitor): Promise<Done>;
  /**
   * Whose link this is, and their address of now, by whoever has the mail: of `verify` and `reset` it was sent there; of `email` it was sent to
   * another, where somebody else may read it. `withSecondFactor`: a password of theirs does not stand alone. `link_void` where it does not hold.
   */
  linkedTo(
    token: string,
    purpose: LinkPurpose,
  ): Promise<
    { readonly person: PersonId; readonly email: string; readonly withSecondFactor: boolean } | Rejection
  >;

  /** What stands of somebody's account, for themselves. */
  standing(person: PersonId): Promise<Standing | Rejection>;
  /** Base32 for an app, and its URI for a picture; counts when a code has come, and until then the app of before does. */
  enrolTotp(person: PersonId): Promise<{ readonly secret: string; readonly uri: string } | Rejection>;
  /** The same once more, until a code of it has come; undefined: none waits for one. */
  enrolledTotp(person: PersonId): Promise<{ readonly secret: string; readonly uri: string } | undefined>;
  confirmTotp(person: PersonId, code: string, visitor: Visitor): Promise<FactorAdded | Rejection>;
  removeTotp(person: PersonId): Promise<Done>;
  /** `PublicKeyCredentialCreationOptionsJSON`. */
  passkeyOffer(person: PersonId): Promise<object | Rejection>;
  addPasskey(person: PersonId, answer: unknown): Promise<PasskeyAdded | Rejection>;
  removePasskey(person: PersonId, passkey: string): Promise<Done>;
  /**
   * Shown once, and nowhere kept. Those of before are void. They stand for another factor: `factor_unknown` where there is none.
   *
   * @param asked names the form by which they were asked for: sent again it makes none, and what it made before stays
   * (`idempotency_mismatch`); for a day at least
   */
  makeRecoveryCodes(
    person: PersonId,
    asked?: string,
  ): Promise<{ readonly codes: readonly string[] } | Rejection>;

  /** All that is recorded about somebody, opened, for themselves: the text of one JSON document, in pieces. */
  exportOf(person: PersonId): Promise<AsyncIterable<string> | Rejection>;
}

export interface Standing {
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  /** Another address that is theirs once the link in the mail to it was followed. */
  readonly nextEmail?: string | undefined;
  readonly totp: boolean;
  readonly passkeys: readonly { readonly passkey: string; readonly addedAt: Instant }[];
  readonly recoveryCodesLeft: number;
  readonly lockedOutUntil: Instant | undefined;
}

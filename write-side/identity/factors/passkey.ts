import { reasonOf } from '#runtime/reason.ts';
import type { ChallengeOf, Challenges } from './challenges.ts';
import { clientDataOf } from './passkey-answers.ts';

// What the making and the proving of passkeys have in common.

/** Whose passkeys these are, in the words of WebAuthn a relying party. */
export interface PasskeySettings {
  /** The domain to which passkeys are bound; what is under it may use them too. */
  readonly rpId: string;
  readonly rpName: string;
  /** Of the pages on which they may be used, each exact: `https://annals.example`. */
  readonly origins: readonly string[];
}

/** What is kept of a passkey: nothing of it is secret. */
export interface Passkey {
  readonly id: string;
  /** COSE, as Base64url. */
  readonly publicKey: string;
  readonly signCount: number;
  readonly transports: readonly string[];
  /** Whether it is on several devices or backed up somewhere: it survives the loss of one. */
  readonly synced: boolean;
}

/** Why an answer was not taken. For the log; whoever sent it learns only that it was not. */
export interface PasskeyRefusal {
  readonly refused: 'form' | 'challenge' | 'frame' | 'passkey' | 'person' | 'limit' | 'proof';
  /** In the library's words, of `proof`. */
  readonly reason?: string;
}

/** Beyond these nobody keeps an overview of what opens their account. */
export const MOST_PASSKEYS = 10;
const REASON_LENGTH = 300;

/** Whose passkeys are made and proven, and with which challenges. */
export interface RelyingParty {
  readonly settings: PasskeySettings;
  readonly challenges: Challenges;
}

export const refusal = (refused: PasskeyRefusal['refused'], reason?: string): PasskeyRefusal => ({
  refused,
  ...(reason !== undefined && { reason: reason.slice(0, REASON_LENGTH) }),
});

export const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(base64url, 'base64url'));
/** What a passkey knows its person by: the random id, and nothing that says who they are. */
export const handleOf = (person: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(person));

/** Loaded with the first passkey: it takes a tenth of a second and 28 MB, which a start can do without. */
export const webauthn = () => import('@simplewebauthn/server');

export const isPasskeyRefusal = (outcome: Passkey | PasskeyRefusal): outcome is PasskeyRefusal =>
  'refused' in outcome;

/** The library throws for every no. Nothing else of ours is done inside. */
export async function proven<T>(verify: () => Promise<T | undefined>): Promise<T | PasskeyRefusal> {
  try {
    return (await verify()) ?? refusal('proof', 'the signature is another');
  } catch (error) {
    return refusal('proof', reasonOf(error));
  }
}

export function described(known: readonly Passkey[]) {
  return known.slice(0, MOST_PASSKEYS).map(({ id, transports }) => ({ id, transports: [...transports] }));
}

/**
 * The challenge of an answer, used up by this; or why there is none. In a frame of another page nobody knows what they agree to: the
 * library lets some of that through.
 */
export function challengeTaken(
  challenges: Challenges,
  clientDataJSON: string,
  of: ChallengeOf,
  nowMs: number,
): string | PasskeyRefusal {
  const said = clientDataOf(clientDataJSON);
  if (said === undefined) return refusal('form');
  if (!challenges.take(said.challenge, of, nowMs)) return refusal('challenge');
  return said.crossOrigin === true || said.topOrigin !== undefined ? refusal('frame') : said.challenge;
}

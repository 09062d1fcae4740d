import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { challengeLimits } from './challenges.ts';
import {
  bytesOf,
  challengeTaken,
  described,
  handleOf,
  MOST_PASSKEYS,
  type Passkey,
  type PasskeyRefusal,
  proven,
  type RelyingParty,
  refusal,
  webauthn,
} from './passkey.ts';
import { AuthenticationAnswer } from './passkey-answers.ts';

/** What an answer was asked for: one that was given at a sign-in is none for a step-up. */
type Purpose = 'signIn' | 'stepUp';

export interface PasskeyAuthentication {
  /** What a browser is to be told so that it proves one of these. */
  authentication(
    person: string,
    purpose: Purpose,
    known: readonly Passkey[],
    nowMs: number,
  ): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** The passkey that was proven, with its count of now, to be kept before anything is allowed. */
  authenticated(
    person: string,
    purpose: Purpose,
    known: readonly Passkey[],
    answer: unknown,
    nowMs: number,
  ): Promise<Passkey | PasskeyRefusal>;
}

export function passkeyAuthentication({ settings, challenges }: RelyingParty): PasskeyAuthentication {
  return {
    async authentication(person, purpose, known, nowMs) {
      const { generateAuthenticationOptions } = await webauthn();
      return generateAuthenticationOptions({
        rpID: settings.rpId,
        challenge: challenges.issue({ purpose, holder: person }, nowMs),
        timeout: challengeLimits.lastsMs,
        // Both times the password comes first: whoever has the passkey besides has two factors, also where it cannot ask who holds it.
        userVerification: 'preferred',
        allowCredentials: described(known),
      });
    },

    async authenticated(person, purpose, known, answer, nowMs) {
      const parsed = AuthenticationAnswer.safeParse(answer);
      if (!parsed.success) return refusal('form');
      const { id, rawId, response } = parsed.data;
      const challenge = challengeTaken(
        challenges,
        response.clientDataJSON,
        { purpose, holder: person },
        nowMs,
      );
      if (typeof challenge !== 'string') return challenge;
      // The library takes whatever key it is given: that it is this person's is ours to see.
      const passkey = known.slice(0, MOST_PASSKEYS).find((each) => each.id === id);
      if (passkey === undefined) return refusal('passkey');
      const { userHandle, ...signed } = response;
      if (userHandle && !Buffer.from(userHandle, 'base64url').equals(handleOf(person)))
        return refusal('person');
      return proven(async () => {
        const { verifyAuthenticationResponse } = await webauthn();
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: { id, rawId, type: 'public-key', clientExtensionResults: {}, response: signed },
          expectedChallenge: challenge,
          expectedOrigin: [...settings.origins],
          expectedRPID: settings.rpId,
          requireUserVerification: false,
          credential: {
            id,
            publicKey: bytesOf(passkey.publicKey),
            counter: passkey.signCount,
          },
        });
        return verified ? { ...passkey, signCount: authenticationInfo.newCounter } : undefined;
      });
    },
  };
}

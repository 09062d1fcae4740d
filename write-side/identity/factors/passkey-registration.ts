import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
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
import { RegistrationAnswer } from './passkey-answers.ts';

/** ES256, EdDSA and RS256: what all authenticators have among them (COSE). */
const ALGORITHMS = [-7, -8, -257];

/**
 * We ask for no attestation. A statement that comes all the same is not looked at unless the key signed it itself: others bring
 * certificates along, and following those would mean to fetch from addresses that a stranger names.
 */
async function bringsCertificates({ response }: RegistrationAnswer): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const attestation = decodeAttestationObject(bytesOf(response.attestationObject));
  const format = attestation.get('fmt');
  const isBare = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined;
  return format !== 'none' && !isBare;
}

export interface PasskeyRegistration {
  /** What a browser is to be told so that it makes a passkey for this person. */
  registration(
    person: { readonly id: string; readonly login: string; readonly name: string },
    known: readonly Passkey[],
    nowMs: number,
  ): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** The passkey that was made, to be kept. @param answer of the browser, unread */
  registered(
    person: string,
    known: readonly Passkey[],
    answer: unknown,
    nowMs: number,
  ): Promise<Passkey | PasskeyRefusal>;
}

export function passkeyRegistration({ settings, challenges }: RelyingParty): PasskeyRegistration {
  return {
    async registration(person, known, nowMs) {
      const { generateRegistrationOptions } = await webauthn();
      return generateRegistrationOptions({
        rpID: settings.rpId,
        rpName: settings.rpName,
        userName: person.login,
        userDisplayName: person.name,
        userID: handleOf(person.id),
        challenge: challenges.issue({ purpose: 'registration', holder: person.id }, nowMs),
        timeout: challengeLimits.lastsMs,
        attestationType: 'none',
        excludeCredentials: described(known),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
    },

    async registered(person, known, answer, nowMs) {
      const parsed = RegistrationAnswer.safeParse(answer);
      if (!parsed.success) return refusal('form');
      const { id, rawId, response } = parsed.data;
      const holder = { purpose: 'registration', holder: person } as const;
      const challenge = challengeTaken(challenges, response.clientDataJSON, holder, nowMs);
      if (typeof challenge !== 'string') return challenge;
      if (known.length >= MOST_PASSKEYS) return refusal('limit');
      return proven(async () => {
        if (await bringsCertificates(parsed.data))
          throw new Error('it brings an attestation that was not asked for');
        const { verifyRegistrationResponse } = await webauthn();
        const { registrationInfo } = await verifyRegistrationResponse({
          response: {
            id,
            rawId,
            type: 'public-key',
            clientExtensionResults: {},
            response: {
              clientDataJSON: response.clientDataJSON,
              attestationObject: response.attestationObject,
            },
          },
          expectedChallenge: challenge,
          expectedOrigin: [...settings.origins],
          expectedRPID: settings.rpId,
          requireUserVerification: false,
          supportedAlgorithmIDs: ALGORITHMS,
        });
        if (registrationInfo === undefined) return undefined;
        const { credential, credentialDeviceType } = registrationInfo;
        if (credential.id !== id) throw new Error('it is named otherwise than its authenticator names it');
        if (known.some((passkey) => passkey.id === id)) throw new Error('it is registered already');
        return {
          id,
          publicKey: Buffer.from(credential.publicKey).toString('base64url'),
          signCount: credential.counter,
          transports: response.transports ?? [],
          synced: credentialDeviceType === 'multiDevice',
        };
      });
    },
  };
}

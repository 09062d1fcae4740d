import { z } from 'zod';

// What a browser answers (WebAuthn level 3, `toJSON`), as far as it is read here: binary fields as Base64url, each bounded.

const LONGEST_ID = 1_364;
const LONGEST_CLIENT_DATA = 8_192;
const LONGEST_AUTHENTICATOR_DATA = 8_192;
const LONGEST_ATTESTATION = 32_768;
const LONGEST_SIGNATURE = 2_048;
const LONGEST_HANDLE = 88;
const MOST_TRANSPORTS = 8;

const base64url = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[A-Za-z0-9_-]+$/);
/** Whom the authenticator takes it for. Some browsers say an empty one where there is none. */
const handle = z.union([base64url(LONGEST_HANDLE), z.literal('').transform(() => undefined)]);

/** How a browser reaches the authenticator; those that it does not know yet are left out. */
const transports = z
  .array(z.string().max(32))
  .max(MOST_TRANSPORTS)
  .transform((named) => named.filter((name) => /^[a-z-]+$/.test(name)));

const credential = {
  id: base64url(LONGEST_ID),
  rawId: base64url(LONGEST_ID),
  type: z.literal('public-key'),
};

export const RegistrationAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(LONGEST_CLIENT_DATA),
    attestationObject: base64url(LONGEST_ATTESTATION),
    transports: transports.optional(),
  }),
});
export type RegistrationAnswer = z.output<typeof RegistrationAnswer>;

export const AuthenticationAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(LONGEST_CLIENT_DATA),
    authenticatorData: base64url(LONGEST_AUTHENTICATOR_DATA),
    signature: base64url(LONGEST_SIGNATURE),
    userHandle: handle.nullish(),
  }),
});

const ClientData = z.object({
  challenge: base64url(256),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});
type ClientData = z.output<typeof ClientData>;

/** What the browser says of where and for what it was asked; undefined: it says nothing that can be read. */
export function clientDataOf(clientDataJSON: string): ClientData | undefined {
  try {
    return ClientData.safeParse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

// An authenticator of software, as far as WebAuthn asks for one: an ES256 key, CBOR by hand, and a browser that says where it is.

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

type Cbor = number | string | Uint8Array | ReadonlyMap<number | string, Cbor> | readonly Cbor[];

/** Major type and length, of what is shorter than 65,536. */
function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}

export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<number | string, Cbor>)];
    return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, of]) => [cbor(key), cbor(of)])]);
  }
  const list = value as readonly Cbor[];
  return Buffer.concat([head(4, list.length), ...list.map(cbor)]);
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
/** It may be copied to other devices, and has been. */
const SYNCED = 0x18;
const ATTESTED = 0x40;

/** What a browser and its authenticator are made to say; without it, what they say by themselves. */
export interface Ceremony {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly signCount?: number;
  readonly userHandle?: string;
  /** Of the attestation: its format and statement. */
  readonly attestation?: { readonly format: string; readonly statement: ReadonlyMap<string, Cbor> };
}

const clientData = (type: string, of: Ceremony): Buffer =>
  Buffer.from(
    JSON.stringify({
      type: of.type ?? type,
      challenge: of.challenge,
      origin: of.origin,
      crossOrigin: of.crossOrigin ?? false,
      ...(of.topOrigin !== undefined && { topOrigin: of.topOrigin }),
    }),
  );

/** An authenticator with one key, which is on this device alone or on several. */
export function authenticator({ synced = false }: { readonly synced?: boolean } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(32);
  const cose = cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
  let signCount = 0;

  function authenticatorData(of: Ceremony, attested: boolean): Buffer {
    signCount = of.signCount ?? signCount + 1;
    const flags =
      (of.userPresent === false ? 0 : PRESENT) |
      (of.userVerified === false ? 0 : VERIFIED) |
      (synced ? SYNCED : 0) |
      (attested ? ATTESTED : 0);
    const data = Buffer.alloc(5);
    data.writeUInt8(flags);
    data.writeUInt32BE(signCount, 1);
    const idLength = Buffer.from([0, id.length]);
    const credential = attested ? [Buffer.alloc(16), idLength, id, cose] : [];
    return Buffer.concat([sha256(of.rpId), data, ...credential]);
  }

  const sign = (data: Buffer, client: Buffer): Buffer =>
    createSign('sha256')
      .update(Buffer.concat([data, sha256(client)]))
      .sign(privateKey);
  const answer = <R>(response: R) => ({
    id: base64url(id),
    rawId: base64url(id),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  });

  return {
    id: base64url(id),
    /** `navigator.credentials.create`. */
    create(of: Ceremony) {
      const data = authenticatorData(of, true);
      const { format, statement } = of.attestation ?? { format: 'none', statement: new Map<string, Cbor>() };
      const client = clientData('webauthn.create', of);
      const attestation = new Map<string, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', data],
      ]);
      return answer({
        clientDataJSON: base64url(client),
        attestationObject: base64url(cbor(attestation)),
        transports: ['internal', 'hybrid'],
      });
    },
    /** `navigator.credentials.get`. */
    get(of: Ceremony) {
      const data = authenticatorData(of, false);
      const client = clientData('webauthn.get', of);
      return answer({
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(sign(data, client)),
        ...(of.userHandle !== undefined && { userHandle: base64url(Buffer.from(of.userHandle)) }),
      });
    },
  };
}

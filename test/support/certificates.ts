// What the library below is put together by.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

// Certificates as somebody may have them: of one authority or another, of now or of the past.

const DAY_MS = 24 * 60 * 60 * 1_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function keyPem({ privateKey }: CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

export interface Issued {
  readonly cert: string;
  readonly key: string;
}
export interface Authority {
  readonly cert: string;
  /** @param days from now on that it is good for; behind today, where negative */
  issue(names?: readonly string[], days?: number): Promise<Issued>;
}

const serialNumber = (): string => randomBytes(8).toString('hex').replace(/^./, '1');

/** Somebody who vouches for certificates of this machine. */
export async function authorityOf(name: string): Promise<Authority> {
  const keys = await newKeys();
  const now = Date.now();
  const own: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serialNumber(), name: `CN=${name}`, keys, signingAlgorithm: ALGORITHM },
    ...{ notBefore: new Date(now - 90 * DAY_MS), notAfter: new Date(now + 365 * DAY_MS) },
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    cert: `${own.toString('pem')}\n`,
    async issue(names = ['127.0.0.1'], days = 90) {
      const ours = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        ...{ serialNumber: serialNumber(), subject: 'CN=annals', issuer: own.subject },
        ...{ publicKey: ours.publicKey, signingKey: keys.privateKey, signingAlgorithm: ALGORITHM },
        ...{ notBefore: new Date(now - 60 * DAY_MS), notAfter: new Date(now + days * DAY_MS) },
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({
              type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
              value,
            })),
          ),
        ],
      });
      return { cert: `${certificate.toString('pem')}\n`, key: await keyPem(ours) };
    },
  };
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { type Instant, instant } from '#domain/kernel/instant.ts';
import { reasonOf } from '#runtime/reason.ts';
import { textIn } from '../access.ts';

// A certificate and its key, as they are used on a port and shown to other roles.

/** Where they are, in PEM. */
export interface PairFiles {
  /** Ours first, and behind it those that lead from whoever vouches for it. */
  readonly certificate: string;
  readonly key: string;
  /** Certificates of whoever vouches for the other end; undefined: nobody is asked for one. */
  readonly authority?: string;
}

/** What is in the files, all of it of one moment. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** When the first of the certificates ends that we show. */
  readonly endsAt: Instant;
}

/** Tells of the file that is wrong, and nothing of what is in it. */
export class UnusablePairError extends Error {
  readonly which: keyof PairFiles;
  constructor(which: keyof PairFiles, why: string) {
    super(why);
    this.name = 'UnusablePairError';
    this.which = which;
  }
}

/** Nothing older is spoken: what came before 1.2 has no cipher left that is not broken. */
const MIN_VERSION = 'TLSv1.2';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

async function read(which: keyof PairFiles, file: string): Promise<string> {
  try {
    return await textIn(file);
  } catch (error) {
    throw new UnusablePairError(which, reasonOf(error));
  }
}

function keyIn(text: string, file: string): KeyObject {
  if (/^-----BEGIN (ENCRYPTED |.*\nProc-Type: 4,ENCRYPTED)/m.test(text))
    throw new UnusablePairError('key', `${file} is encrypted: a key without a password is needed`);
  try {
    return createPrivateKey(text);
  } catch {
    throw new UnusablePairError('key', `${file} holds no private key in PEM`);
  }
}

/** What Node makes of a pair; certificates that are changed on a running port go through the same. */
export const contextOf = ({ cert, key, ca }: TlsPair): SecureContextOptions => ({
  ...{ cert, key, minVersion: MIN_VERSION },
  ...(ca !== undefined && { ca }),
});

/** @throws UnusablePairError with the file, and nothing of what is in it */
export async function readPair(files: PairFiles): Promise<TlsPair> {
  const { authority } = files;
  const cert = await read('certificate', files.certificate);
  const certificates = certificatesIn(cert);
  const [ours] = certificates;
  if (ours === undefined)
    throw new UnusablePairError('certificate', `${files.certificate} holds no certificate in PEM`);
  const key = await read('key', files.key);
  if (!ours.checkPrivateKey(keyIn(key, files.key)))
    throw new UnusablePairError(
      'key',
      `${files.key} is the key of another certificate than ${files.certificate}`,
    );
  const ca = authority === undefined ? undefined : await read('authority', authority);
  if (ca !== undefined && certificatesIn(ca).length === 0)
    throw new UnusablePairError('authority', `${authority} holds no certificate in PEM`);
  const ends = Math.min(...certificates.map(({ validToDate }) => validToDate.getTime()));
  const pair = { cert, key, ...(ca !== undefined && { ca }), endsAt: instant(ends) };
  try {
    createSecureContext(contextOf(pair));
  } catch (error) {
    throw new UnusablePairError('certificate', `${files.certificate} cannot be used: ${reasonOf(error)}`);
  }
  return pair;
}

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { z } from 'zod';

// Nothing that stands in these files is told, whatever is wrong with them: neither zod nor the parser of JSON is quoted.

/** Who we are to an engine. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A file in PEM, and what is in it: drivers want the one or the other. */
export interface PemFile {
  readonly file: string;
  readonly text: string;
}

const Credentials = z.strictObject({
  username: z.string().min(1).max(255),
  password: z.string().min(1).max(4_096),
});

/** Of any of these files, in bytes. */
const MOST_BYTES = 1024 * 1024;

/** @throws Error with the file for one that is too long; what the system says of one that cannot be read */
export async function textIn(file: string): Promise<string> {
  const opened = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(MOST_BYTES + 1), 0, MOST_BYTES + 1, null);
    if (bytesRead > MOST_BYTES) throw new Error(`${file} has more than ${MOST_BYTES} bytes`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await opened.close();
  }
}

/** What `parse` makes of it; undefined where that throws. */
function parsed<T>(text: string, parse: (text: string) => T): T | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** @throws Error with the file, and nothing of what is in it; what the system says of one that cannot be read */
export async function readCredentials(file: string): Promise<Credentials> {
  const text = await textIn(file);
  const read = Credentials.safeParse(parsed(text, JSON.parse));
  if (read.success) return read.data;
  throw new Error(`${file} holds no {"username": …, "password": …}`);
}

/** Certificates of whoever vouches for an engine. @throws as {@link readCredentials} */
export async function readAuthority(file: string): Promise<PemFile> {
  const text = await textIn(file);
  if (parsed(text, (pem) => new X509Certificate(pem)) !== undefined) return { file, text };
  throw new Error(`${file} holds no certificate in PEM`);
}

/** Our own certificate and its key. @throws as {@link readCredentials} */
export async function readCertificate(file: string): Promise<PemFile> {
  const { text } = await readAuthority(file);
  const key = parsed(text, (pem) => createPrivateKey(pem));
  if (key === undefined)
    throw new Error(`${file} holds no key in PEM, without a password, behind its certificate`);
  if (new X509Certificate(text).checkPrivateKey(key)) return { file, text };
  throw new Error(`${file} holds a key of another certificate`);
}

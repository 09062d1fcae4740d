import { type EngineFiles, type FileSettings, UnusableError } from '#config';
import {
  type Credentials,
  type PemFile,
  readAuthority,
  readCertificate,
  readCredentials,
} from '#engines/access.ts';
import { reasonOf } from '#runtime/reason.ts';
import { eachTold } from './each-told.ts';

/** What lets us in to an engine, as its files have it. */
export interface Access {
  readonly credentials: Credentials | undefined;
  /** Certificates of whoever vouches for it. */
  readonly authority: PemFile | undefined;
  /** Our own certificate and its key. */
  readonly certificate: PemFile | undefined;
}

async function from<T>(
  setting: FileSettings,
  file: string | undefined,
  read: (file: string) => Promise<T>,
): Promise<T | undefined> {
  if (file === undefined) return undefined;
  try {
    return await read(file);
  } catch (error) {
    throw new UnusableError(setting, reasonOf(error));
  }
}

/**
 * Reads what lets us in to the engine of this setting.
 *
 * @throws UnusableError with setting and file, and nothing of what is in it; ConfigError for several
 */
export async function accessOf(setting: 'READ_STORE' | 'BUS' | 'MAIL', files: EngineFiles): Promise<Access> {
  const [credentials, authority, certificate] = await eachTold([
    from(`${setting}_CREDENTIALS_FILE`, files.credentials, readCredentials),
    from(`${setting}_CA_FILE`, files.authority, readAuthority),
    // Whoever sends mails enters by a password.
    setting === 'MAIL'
      ? Promise.resolve(undefined)
      : from(`${setting}_CERTIFICATE_FILE`, files.certificate, readCertificate),
  ]);
  return { credentials, authority, certificate };
}

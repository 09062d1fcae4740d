import { MongoClient, type MongoClientOptions } from 'mongodb';
import { reasonOf } from '#runtime/reason.ts';

// What the driver is told of a server and of what lets us in, before anybody has been asked.

export interface MongoAddress {
  /** What the driver is told. It quotes it in errors, and nobody else does. */
  readonly url: string;
  /** Hosts and database, as it may be told. */
  readonly address: string;
  readonly database: string;
  readonly access?: MongoAccess | undefined;
}

/** What lets us in, told to nobody but the server. */
export interface MongoAccess {
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** A file with certificates, in PEM, of whoever vouches for the server. */
  readonly authorityFile?: string | undefined;
  /** A file with our own certificate and its key, in PEM. */
  readonly certificateFile?: string | undefined;
}

/** Until a server is found, or a connection made, in milliseconds. */
const CONNECT_MS = 3_000;
/** For a free connection. */
const QUEUE_MS = 5_000;
/** A connection on which nothing is heard for so long is given up; whoever waited on it was told long before. */
const SILENCE_MS = 60_000;

/**
 * What a process asks at once, the rest waits for its turn here: what is given up for late is still worked at over there, and who asks it
 * again over ever more connections keeps a slow server from answering anything.
 */
const AT_ONCE = 16;
const SAYS_ITSELF = /[?&]maxPoolSize=/i;

/** As the driver is told it. */
function entering({ credentials, authorityFile, certificateFile }: MongoAccess = {}): MongoClientOptions {
  return {
    ...(credentials && { auth: credentials }),
    ...((authorityFile ?? certificateFile) !== undefined && { tls: true }),
    ...(authorityFile !== undefined && { tlsCAFile: authorityFile }),
    ...(certificateFile !== undefined && { tlsCertificateKeyFile: certificateFile }),
  };
}

/** Asks nobody yet. @throws what the driver says of an address, or of what it is to be told there, that it cannot use */
export const clientOf = ({ url, access }: MongoAddress): MongoClient =>
  new MongoClient(url, {
    ...entering(access),
    serverSelectionTimeoutMS: CONNECT_MS,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: SILENCE_MS,
    waitQueueTimeoutMS: QUEUE_MS,
    ...(SAYS_ITSELF.test(url) ? {} : { maxPoolSize: AT_ONCE }),
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    // Positions keep their whole range.
    useBigInt64: true,
  });

/** The driver quotes an address that it cannot read, credentials and all. */
export const toldOf = (
  { url, address }: MongoAddress,
  error: unknown,
  reasonIn: (error: Error) => string = reasonOf,
): string => (error instanceof Error ? reasonIn(error) : reasonOf(error)).replaceAll(url, address);

/** What the driver refuses of an address before it has asked anybody; undefined: nothing. */
export async function addressProblem(at: MongoAddress): Promise<string | undefined> {
  try {
    await clientOf(at).close();
    return undefined;
  } catch (error) {
    return toldOf(at, error);
  }
}

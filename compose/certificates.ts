import { type Config, type FileSettings, UnusableError } from '#config';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { contextOf, type PairFiles, readPair, type TlsPair, UnusablePairError } from '#engines/tls/pair.ts';
import { watchPair } from '#engines/tls/watched.ts';
import { reasonOf } from '#runtime/reason.ts';
import { eachTold } from './each-told.ts';
import type { Health, Secured } from './http.ts';

/** How often it is looked whether somebody has renewed a certificate, in milliseconds. */
const LOOK_MS = 5_000;
/** Before a certificate ends whoever looks after the platform is told, in milliseconds: 14 days. */
const WARN_MS = 14 * 24 * 60 * 60 * 1_000;

/** A certificate in use, of this port or of this role. */
export interface Certificate extends Secured {
  /** What is shown, and who is believed, from now on. */
  current(): TlsPair;
  stop(): void;
}

/** By which of the ways in. */
type Way = 'people' | 'roles';

/** The certificates of a process; undefined: what goes that way goes in plain. */
export interface Certificates {
  readonly people: Certificate | undefined;
  readonly roles: Certificate | undefined;
  /** When each ends. */
  ends(): readonly { readonly way: Way; readonly at: Instant }[];
  health(): Health;
  stop(): void;
}

interface Kept {
  readonly files: PairFiles;
  readonly settings: Readonly<Record<keyof PairFiles, FileSettings>>;
}

const ofPeople = ({ tls }: Config): Kept | undefined =>
  tls && {
    files: { certificate: tls.certificateFile, key: tls.keyFile },
    settings: { certificate: 'TLS_CERT_FILE', key: 'TLS_KEY_FILE', authority: 'TLS_CERT_FILE' },
  };
const ofRoles = ({ service: { tls }, whole }: Config): Kept | undefined =>
  whole || tls === undefined
    ? undefined
    : {
        files: { certificate: tls.certificateFile, key: tls.certificateFile, authority: tls.authorityFile },
        settings: {
          certificate: 'SERVICE_CERTIFICATE_FILE',
          key: 'SERVICE_CERTIFICATE_FILE',
          authority: 'SERVICE_CA_FILE',
        },
      };

function unusable({ settings }: Kept, error: unknown): UnusableError {
  if (!(error instanceof UnusablePairError)) throw error;
  return new UnusableError(settings[error.which], `${error.message}.`);
}

/** @throws UnusableError with the setting and the file, ConfigError for several */
export async function demandUsableCertificates(config: Config): Promise<void> {
  await eachTold(
    [ofPeople(config), ofRoles(config)].map(async (kept) => {
      if (kept === undefined) return;
      await readPair(kept.files).catch((error: unknown) => {
        throw unusable(kept, error);
      });
    }),
  );
}

async function certificate(
  kept: Kept | undefined,
  clock: Clock,
  log: Log,
  everyMs: number,
): Promise<Certificate | undefined> {
  if (kept === undefined) return undefined;
  const file = kept.files.certificate;
  const watched = await watchPair({
    ...{ files: kept.files, clock, everyMs },
    changed: ({ endsAt }) =>
      log.info({ file, endsAt }, 'a new certificate is shown to whoever comes from now on'),
    kept: (error) =>
      log.warn(
        { file, why: reasonOf(error) },
        'the files of a certificate hold none that can be used: the one before goes on',
      ),
  }).catch((error: unknown) => {
    throw unusable(kept, error);
  });
  const { current, onChange, stop } = watched;
  return {
    ...{ current, onChange, stop },
    context: () => contextOf(current()),
    mutual: kept.files.authority !== undefined,
  };
}

/** People and roles alike are served by one that ends, as long as they take it: it is told, and takes nobody out of use. */
function healthOfEnd(at: Instant, now: Instant): Health[string] {
  const ready = at > later(now, WARN_MS);
  return { ready, spared: true, detail: at > now ? `ends at ${at}` : `has ended at ${at}` };
}

/**
 * Reads the certificates that this process shows, and again when they are renewed.
 *
 * @param clock the machine's
 * @throws UnusableError
 */
export async function openCertificates(
  config: Config,
  clock: Clock,
  log: Log,
  everyMs: number = LOOK_MS,
): Promise<Certificates> {
  const people = await certificate(ofPeople(config), clock, log, everyMs);
  const roles = await certificate(ofRoles(config), clock, log, everyMs);
  const all = Object.entries({ people, roles }) as (readonly [Way, Certificate | undefined])[];
  const ends = () =>
    all.flatMap(([way, one]) => (one === undefined ? [] : [{ way, at: one.current().endsAt }]));
  for (const { way, at } of ends())
    if (at <= later(clock.now(), WARN_MS)) log.warn({ way, at }, 'a certificate ends soon, or has ended');
  return {
    ...{ people, roles, ends },
    health: () =>
      Object.fromEntries(ends().map(({ way, at }) => [`certificate-${way}`, healthOfEnd(at, clock.now())])),
    stop() {
      for (const [, one] of all) one?.stop();
    },
  };
}

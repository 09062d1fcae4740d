import { dirname, relative, resolve } from 'node:path';
import { prefixOf, replyPrefixOf } from '#runtime/engine-address.ts';
import { type Environment, type PlatformRole, roles } from './environment.ts';

// What is well-formed by itself, and cannot be meant.

/** Of this machine alone: what goes there in plain, nobody else reads. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** Whether what people send to this origin goes in plain, and over a network. */
const isReadOnItsWay = (origin = 'https://none'): boolean =>
  origin.startsWith('http:') && !LOOPBACK.test(new URL(origin).hostname);

/**
 * What may not be left to defaults, or switched on, where real money moves; of what is secret, or names who we are outside, only what
 * the roles here use: who has no use for a secret should not have to be given it.
 */
function productionProblems(environment: Environment, chosen: readonly PlatformRole[]): readonly string[] {
  if (environment.NODE_ENV !== 'production') return [];
  const has = (...some: readonly PlatformRole[]): boolean => some.some((role) => chosen.includes(role));
  const [letsPeopleIn, movesMoney] = [has('write-side', 'read-api'), has('write-side', 'sagas')];
  return [
    ...(environment.DEV_TOKENS === true
      ? ['DEV_TOKENS: anybody could become anyone; not in production']
      : []),
    ...(environment.CLOCK === 'simulated' ? ['CLOCK: a simulated clock is not for production'] : []),
    ...(letsPeopleIn && environment.TOKEN_KEY_FILE === undefined && environment.TOKEN_JWKS_URL === undefined
      ? ['TOKEN_KEY_FILE: production needs the key that tokens are verified with']
      : []),
    ...(letsPeopleIn && environment.MASTER_KEY_FILE === undefined
      ? [
          'MASTER_KEY_FILE: production needs the key by which the keys of people are kept, in a file that is not beside them',
        ]
      : []),
    ...(movesMoney && environment.WEBHOOK_SECRET === undefined
      ? ['WEBHOOK_SECRET: production needs the secret that webhooks are signed with']
      : []),
    ...((letsPeopleIn || movesMoney) && environment.PUBLIC_URL === undefined
      ? ['PUBLIC_URL: production needs the address that people are sent to, such as https://auctions.example']
      : []),
    ...((letsPeopleIn || movesMoney) && isReadOnItsWay(environment.PUBLIC_URL)
      ? [
          'PUBLIC_URL: in production people come by https: by http whoever listens reads their passwords, and their cookies go along in plain; http is for this machine alone',
        ]
      : []),
    // There is no other payment provider yet.
    ...(!movesMoney || environment.SIMULATED.includes('payments')
      ? []
      : [
          'SIMULATED: the payment provider is a simulated one, which moves no money and lets whoever is sent to its page confirm a payment; for a rehearsal, SIMULATED=payments names it as meant',
        ]),
  ];
}

/** Mails that would go nowhere, from nobody, or to be read by whoever listens. */
function mailProblems(environment: Environment, chosen: readonly PlatformRole[]): readonly string[] {
  const { NODE_ENV, MAIL, MAIL_FROM, MAIL_CREDENTIALS_FILE, MAIL_CA_FILE, SIMULATED } = environment;
  if (MAIL.engine === 'outbox') {
    const files = { MAIL_CREDENTIALS_FILE, MAIL_CA_FILE };
    const isMeant = NODE_ENV !== 'production' || !chosen.includes('sagas') || SIMULATED.includes('mail');
    return [
      ...Object.entries(files).flatMap(([name, file]) =>
        file === undefined ? [] : [`${name}: mails go nowhere: MAIL names no server`],
      ),
      ...(isMeant
        ? []
        : [
            'MAIL: production needs a server of mail, such as smtp://in-v3.mailjet.com:587; for a rehearsal in which nobody is written to, SIMULATED with mail in it says that this is meant, but then nobody can prove an address, FIRST_ADMIN neither: a program on this machine that catches mails does for that, at smtp://127.0.0.1:1025?tls=false',
          ]),
    ];
  }
  const isPlain = MAIL.tls === 'none' && !LOOPBACK.test(MAIL.host);
  return [
    ...(MAIL_FROM === undefined ? ['MAIL_FROM: mails need an address that they come from'] : []),
    ...(MAIL.tls === 'none' && MAIL_CREDENTIALS_FILE !== undefined
      ? ['MAIL_CREDENTIALS_FILE: without TLS whoever listens would read them']
      : []),
    ...(isPlain && NODE_ENV === 'production'
      ? ['MAIL: in production mails go over TLS, unless their server is on this machine']
      : []),
  ];
}

/** Whoever has the keys of people and the key that wraps them in one place has no need to forget anybody. */
function masterKeyProblems(environment: Environment): readonly string[] {
  const { NODE_ENV, DATA_DIR, MASTER_KEY_FILE, PERSON_KEYS_FILE } = environment;
  if (NODE_ENV !== 'production' || MASTER_KEY_FILE === undefined) return [];
  const beside = PERSON_KEYS_FILE === undefined ? resolve(DATA_DIR) : dirname(resolve(PERSON_KEYS_FILE));
  const isBeside = [beside, resolve(DATA_DIR)].some((folder) => isIn(folder, resolve(MASTER_KEY_FILE)));
  return isBeside
    ? ['MASTER_KEY_FILE: it lies beside what it opens; keep it in a folder, and in backups, of its own']
    : [];
}

const isIn = (folder: string, file: string): boolean => !relative(folder, file).startsWith('..');

/** What cannot work together: engines of one process with roles in several. */
function roleProblems(environment: Environment, chosen: readonly PlatformRole[]): readonly string[] {
  if (chosen.length === roles.length) return [];
  if (chosen.length === 0) return ['--role: none is named'];
  const has = (role: PlatformRole): boolean => chosen.includes(role);
  const alone = has('write-side') ? 'write-side' : 'sagas';
  const needsWriteSide = !has('write-side') && (has('read-api') || environment.CLOCK === 'simulated');
  return [
    ...(has('write-side') === has('sagas')
      ? []
      : [
          `--role: ${alone} without ${alone === 'sagas' ? 'write-side' : 'sagas'}: both append to the SQLite history of EVENT_STORE, which one process writes; run them together`,
        ]),
    ...(environment.READ_STORE.engine === 'sqlite'
      ? ['READ_STORE: SQLite views are of one process; roles in several need mongodb://…']
      : []),
    ...(environment.BUS.engine === 'memory'
      ? ['BUS: a bus in memory is of one process; roles in several need kafka://…']
      : []),
    ...(needsWriteSide && environment.SERVICE_URL === undefined
      ? [
          'SERVICE_URL: this role needs the address at which the write side listens for the others, such as http://write-side:4002',
        ]
      : []),
    ...(environment.NODE_ENV === 'production' && environment.SERVICE_KEY_FILE === undefined
      ? ['SERVICE_KEY_FILE: production needs the secret that the roles know each other by']
      : []),
  ];
}

/** What is told of an engine that it has no use for. */
function fileProblems(environment: Environment): readonly string[] {
  const unused = {
    READ_STORE: environment.READ_STORE.engine === 'sqlite',
    BUS: environment.BUS.engine === 'memory',
  };
  return (['READ_STORE', 'BUS'] as const).flatMap((setting) =>
    unused[setting]
      ? (['CREDENTIALS', 'CA', 'CERTIFICATE'] as const)
          .map((file) => `${setting}_${file}_FILE` as const)
          .filter((name) => environment[name] !== undefined)
          .map((name) => `${name}: the engine of ${setting} runs in this process and lets everybody in`)
      : [],
  );
}

/** A certificate without what belongs to it, and addresses that say another thing than what is spoken there. */
function tlsProblems(environment: Environment): readonly string[] {
  const { TLS_CERT_FILE, TLS_KEY_FILE, SERVICE_CERTIFICATE_FILE, SERVICE_CA_FILE, SERVICE_URL } = environment;
  const pairs = [
    { TLS_CERT_FILE, TLS_KEY_FILE },
    { SERVICE_CERTIFICATE_FILE, SERVICE_CA_FILE },
  ];
  const byTls = SERVICE_CERTIFICATE_FILE !== undefined && SERVICE_CA_FILE !== undefined;
  return [
    ...pairs.flatMap((pair) => {
      const [missing, ...more] = Object.entries(pair).filter(([, file]) => file === undefined);
      const [set] = Object.entries(pair).filter(([, file]) => file !== undefined);
      return missing === undefined || more.length > 0 || set === undefined
        ? []
        : [`${missing[0]}: it belongs to ${set[0]}, and is not set`];
    }),
    ...(byTls && SERVICE_URL?.startsWith('http:')
      ? ['SERVICE_URL: with SERVICE_CERTIFICATE_FILE the roles speak TLS with each other: https://…']
      : []),
  ];
}
/** Tokens of two issuers, or of one that nobody has named. */
const tokenProblems = ({
  TOKEN_JWKS_URL,
  TOKEN_KEY_FILE,
  TOKEN_ISSUER,
  DEV_TOKENS,
  NODE_ENV,
}: Environment) => [
  ...(TOKEN_JWKS_URL !== undefined && TOKEN_ISSUER === 'annals'
    ? [
        'TOKEN_ISSUER: tokens from elsewhere need the issuer that they name, such as https://id.example/realms/house',
      ]
    : []),
  ...(TOKEN_JWKS_URL !== undefined &&
  TOKEN_KEY_FILE !== undefined &&
  !(DEV_TOKENS ?? NODE_ENV !== 'production')
    ? ['TOKEN_KEY_FILE: tokens are verified by the keys of TOKEN_JWKS_URL, and none by this one']
    : []),
];

/** Nothing at all would be taken. */
const keptProblems = ({ KEPT_OPERATIONS_FILE, KEPT_OPERATIONS_ONLY }: Environment): readonly string[] =>
  KEPT_OPERATIONS_ONLY && KEPT_OPERATIONS_FILE === undefined
    ? ['KEPT_OPERATIONS_ONLY: there are none without KEPT_OPERATIONS_FILE']
    : [];

/** Where replies may go is no place of ours: whoever sends a command would write there under our name. */
function replyProblems({ BUS, BUS_REPLY_PREFIXES = [] }: Environment): readonly string[] {
  const ours = `${prefixOf(BUS)}.`;
  const replies = replyPrefixOf(BUS);
  const isOurs = (prefix: string) =>
    ours.startsWith(prefix) || (prefix.startsWith(ours) && !prefix.startsWith(replies));
  return BUS_REPLY_PREFIXES.some(isOurs)
    ? [
        `BUS_REPLY_PREFIXES: one of them lets replies go to topics of the platform itself; of those only ${replies} is for replies`,
      ]
    : [];
}

/** Ports that exclude each other, or are not there. @param port the operator's, as it will be */
function operationsProblems(
  { PORT, OPERATIONS_HOST }: Environment,
  port: number | undefined,
): readonly string[] {
  if (port === undefined)
    return OPERATIONS_HOST === undefined
      ? []
      : ['OPERATIONS_HOST: there is no port of that host without OPERATIONS_PORT'];
  return port === PORT && PORT !== 0 ? ['OPERATIONS_PORT: the same as PORT'] : [];
}

/**
 * Every combination that cannot be meant, a line each that begins with the setting, and repeats no value of one.
 *
 * @param chosen what this process does of the platform's work, each role once
 * @param operationsPort the operator's, as it will be
 */
export const problemsOf = (
  environment: Environment,
  chosen: readonly PlatformRole[],
  operationsPort: number | undefined,
): readonly string[] => [
  ...productionProblems(environment, chosen),
  ...masterKeyProblems(environment),
  ...mailProblems(environment, chosen),
  ...roleProblems(environment, chosen),
  ...fileProblems(environment),
  ...replyProblems(environment),
  ...tokenProblems(environment),
  ...keptProblems(environment),
  ...tlsProblems(environment),
  ...operationsProblems(environment, operationsPort),
];

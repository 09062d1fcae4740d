import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, type PlatformRole, readConfig, roles } from '#config';

// Which engines, which roles, and what of both cannot work together.

const problemsOf = (
  environment: Readonly<Record<string, string>>,
  chosen: readonly PlatformRole[] = roles,
): readonly string[] => {
  try {
    readConfig(environment, chosen);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};
/** The settings that are refused. */
const refused = (environment: Readonly<Record<string, string>>, chosen?: readonly PlatformRole[]) =>
  problemsOf(environment, chosen).map((problem) => problem.split(':')[0]);

const none = { credentials: undefined, authority: undefined, certificate: undefined };
/** What roles in several processes need, each with the address of the write side. */
const engines = { READ_STORE: 'mongodb://m/annals?replicaSet=r', BUS: 'kafka://k' };
const apart = { ...engines, SERVICE_URL: 'http://write-side:4002' };

test('by default all of it is embedded, and one process does everything', () => {
  const { eventStore, readStore, bus, service, whole, ...config } = readConfig({});
  assert.deepEqual(
    [eventStore, readStore, bus],
    [{ engine: 'sqlite' }, { engine: 'sqlite' }, { engine: 'memory' }],
  );
  assert.deepEqual(service, {
    ...{ host: '127.0.0.1', port: 4002, url: undefined, keyFile: undefined },
    tls: undefined,
  });
  assert.deepEqual([config.roles, whole], [roles, true]);
  const named = { EVENT_STORE: 'sqlite:', READ_STORE: 'sqlite:', BUS: 'memory:' };
  assert.deepEqual(readConfig(named), readConfig({}));
});

test('the history is in SQLite: no other engine is there yet', () => {
  for (const EVENT_STORE of ['sqlite:/elsewhere', 'esdb://ann:p@ss@one', 'sqlite'])
    assert.deepEqual(problemsOf({ EVENT_STORE }), ['EVENT_STORE: sqlite: is the one there is']);
});

test('of an address of MongoDB hosts and database may be told, and credentials come from files', () => {
  const url = 'mongodb://one:27017,two/views?replicaSet=r';
  const files = {
    READ_STORE_CREDENTIALS_FILE: '/secrets/mongodb.json',
    READ_STORE_CA_FILE: '/secrets/ca.pem',
    READ_STORE_CERTIFICATE_FILE: '/secrets/client.pem',
  };
  const address = 'mongodb://one:27017,two/views';
  const { readStore } = readConfig({ READ_STORE: url, ...files });
  assert.deepEqual(readStore, {
    ...{ engine: 'mongodb', url, address, database: 'views' },
    files: {
      credentials: '/secrets/mongodb.json',
      authority: '/secrets/ca.pem',
      certificate: '/secrets/client.pem',
    },
  });
  const unnamed = 'mongodb+srv://cluster.example?w=1';
  assert.deepEqual(readConfig({ READ_STORE: unnamed }).readStore, {
    ...{ engine: 'mongodb', url: unnamed, address: 'mongodb+srv://cluster.example/annals' },
    ...{ database: 'annals', files: none },
  });
});

test('of an address of Kafka brokers and prefix may be told, each broker with its port', () => {
  const files = { BUS_CREDENTIALS_FILE: '/s/kafka.json', BUS_CA_FILE: '/s/ca', BUS_CERTIFICATE_FILE: '/s/c' };
  assert.deepEqual(readConfig({ BUS: 'kafka://one,two:19092,[::1]:1/live?tls=true', ...files }).bus, {
    engine: 'kafka',
    brokers: ['one:9092', 'two:19092', '[::1]:1'],
    address: 'kafka://one:9092,two:19092,[::1]:1/live',
    ...{ prefix: 'live', tls: true },
    files: { credentials: '/s/kafka.json', authority: '/s/ca', certificate: '/s/c' },
  });
  assert.deepEqual(readConfig({ BUS: 'kafka://one' }).bus, {
    ...{ engine: 'kafka', brokers: ['one:9092'], address: 'kafka://one:9092/annals' },
    ...{ prefix: 'annals', tls: false, files: none },
  });
});

test('of an address of mail scheme, host and port may be told, and TLS is demanded unless it is said otherwise', () => {
  const from = { MAIL_FROM: 'no-reply@auctions.example' };
  assert.deepEqual(readConfig({}).mail, { at: { engine: 'outbox' }, from: undefined, name: undefined });
  const files = { MAIL_CREDENTIALS_FILE: '/s/mail.json', MAIL_CA_FILE: '/s/ca' };
  const { mail } = readConfig({ MAIL: 'smtp://in-v3.mailjet.com', ...from, ...files });
  assert.deepEqual(mail, {
    at: {
      ...{ engine: 'smtp', host: 'in-v3.mailjet.com', port: 587, tls: 'starttls' },
      address: 'smtp://in-v3.mailjet.com:587',
      files: { credentials: '/s/mail.json', authority: '/s/ca', certificate: undefined },
    },
    from: from.MAIL_FROM,
    name: 'auctions.example',
  });
  const nameBy = (more: NodeJS.ProcessEnv) =>
    readConfig({ MAIL: 'smtp://m.example', ...from, ...more }).mail.name;
  assert.equal(nameBy({ PUBLIC_URL: 'https://sales.example:8443' }), 'sales.example');
  for (const PUBLIC_URL of ['http://localhost:4000', 'http://192.0.2.1', 'http://[::1]:4000'])
    assert.equal(nameBy({ PUBLIC_URL }), 'auctions.example', PUBLIC_URL);
  assert.equal(
    nameBy({ PUBLIC_URL: 'https://sales.example', MAIL_NAME: 'out.auctions.example' }),
    'out.auctions.example',
  );
  for (const MAIL_NAME of ['out', '[127.0.0.1]', 'a b.example', 'out.example\r\nQUIT', 'münchen.example'])
    assert.deepEqual(refused({ MAIL_NAME }), ['MAIL_NAME'], MAIL_NAME);
  assert.equal(
    readConfig({ MAIL: 'smtp://m.example', MAIL_FROM: 'a@münchen.example' }).mail.from,
    'a@xn--mnchen-3ya.example',
  );
  assert.equal(readConfig({ FIRST_ADMIN: 'Ada@München.example' }).firstAdmin, 'ada@xn--mnchen-3ya.example');
  const at = (MAIL: string) => {
    const { mail: read } = readConfig({ MAIL, ...from });
    return read.at.engine === 'smtp' ? [read.at.host, read.at.port, read.at.tls] : [];
  };
  assert.deepEqual(at('smtps://m.example'), ['m.example', 465, 'from the start']);
  assert.deepEqual(at('smtp://[::1]:2525?tls=false'), ['::1', 2525, 'none']);
});

test('mails are from somebody, are not read by whoever listens, and in production go somewhere', () => {
  const MAIL_FROM = 'no-reply@auctions.example';
  assert.deepEqual(refused({ MAIL: 'smtp://m.example' }), ['MAIL_FROM']);
  for (const wrong of ['Annals <a@b.example>', 'a@b', 'a@b.example, c@d.example', 'a'])
    assert.deepEqual(refused({ MAIL_FROM: wrong }), ['MAIL_FROM'], wrong);
  const files = { MAIL_CREDENTIALS_FILE: '/s/mail.json', MAIL_CA_FILE: '/s/ca' };
  assert.deepEqual(refused(files), ['MAIL_CREDENTIALS_FILE', 'MAIL_CA_FILE'], 'they were meant for a server');
  const plain = { MAIL: 'smtp://m.example?tls=false', MAIL_FROM };
  assert.deepEqual(refused(plain), []);
  assert.deepEqual(refused({ ...plain, MAIL_CREDENTIALS_FILE: '/s/mail.json' }), ['MAIL_CREDENTIALS_FILE']);
  const production = {
    ...{ NODE_ENV: 'production', TOKEN_KEY_FILE: '/keys/public.json', WEBHOOK_SECRET: 's'.repeat(32) },
    ...{ PUBLIC_URL: 'https://auctions.example', SIMULATED: 'payments', MASTER_KEY_FILE: '/keys/master.key' },
  };
  assert.match(
    problemsOf(production).join(),
    /^MAIL: production needs a server of mail.*SIMULATED with mail.*FIRST_ADMIN.*127\.0\.0\.1:1025\?tls=false/,
  );
  assert.deepEqual(refused({ ...production, SIMULATED: 'payments,mail' }), []);
  assert.deepEqual(refused({ ...production, MAIL: 'smtp://m.example', MAIL_FROM }), []);
  assert.deepEqual(refused({ ...production, ...plain }), ['MAIL']);
  assert.deepEqual(refused({ ...production, MAIL: 'smtp://127.0.0.1:25?tls=false', MAIL_FROM }), []);
});

test('credentials in an address are refused with where they belong, and repeated nowhere', () => {
  const wrong: Readonly<Record<string, readonly string[]>> = {
    READ_STORE: [
      'mongodb://ann:s3cret@one/views',
      'mongodb://ann:s3cret%40@one',
      'mongodb+srv://ann:s3cret@one',
      'mongodb://ann:p@s3cret@one',
      'mongodb://s3cret@one',
      'mongodb://one/views?tlsCertificateKeyFilePassword=s3cret',
      'mongodb://one/?tls=true&proxyPassword=s3cret',
      'postgres://ann:s3cret@one',
    ],
    BUS: ['kafka://ann:s3cret@one', 'kafka://one?password=s3cret', 'amqp://ann:s3cret@one'],
    MAIL: ['smtp://ann:s3cret@one', 'smtps://ann:s3c%40ret@one:465', 'smtp://one?password=s3cret'],
  };
  for (const [setting, addresses] of Object.entries(wrong))
    for (const address of addresses)
      assert.deepEqual(
        problemsOf({ [setting]: address }),
        [
          `${setting}: credentials belong in the file that ${setting}_CREDENTIALS_FILE names: an address may be told to anybody`,
        ],
        address,
      );
});

test('an address that cannot be read is refused with how one is written, and repeated nowhere', () => {
  const readStores = [
    'mongodb://',
    'mongodb://one/p@s3cret',
    'mongodb://ann:s3/cret@one',
    'mongodb',
    's3cret',
  ];
  for (const READ_STORE of readStores)
    assert.deepEqual(
      problemsOf({ READ_STORE }),
      [
        'READ_STORE: sqlite:, or mongodb://host,host/database?replicaSet=name with what the driver may be told',
      ],
      READ_STORE,
    );
  const buses = [
    ...['kafka://', 'kafka://one:0', 'kafka://one:65536', 'kafka://one,,two', 'kafka://one/a b', 'memory'],
    ...['kafka://one?tls=yes', 'kafka://one/p@s3cret', `kafka://${Array(21).fill('one').join()}`, 's3cret'],
  ];
  for (const BUS of buses)
    assert.deepEqual(
      problemsOf({ BUS }),
      ['BUS: memory:, or kafka://host:port,host:port/prefix, perhaps with ?tls=true'],
      BUS,
    );
});

test('an address of mail that cannot be read is refused in the same way', () => {
  for (const MAIL of [
    'smtp://',
    'smtp://one:0',
    'smtp://one:65536',
    'smtps://one?tls=false',
    'smtp://one/x',
    's3cret',
    'outbox',
  ])
    assert.deepEqual(
      problemsOf({ MAIL, MAIL_FROM: 'a@b.example' }),
      [
        'MAIL: outbox:, smtp://host:587 (which demands STARTTLS; ?tls=false sends in plain), or smtps://host:465',
      ],
      MAIL,
    );
});

test('files for an engine that lets everybody in are refused: they were meant for another', () => {
  for (const name of ['CREDENTIALS', 'CA', 'CERTIFICATE'].map((file) => `READ_STORE_${file}_FILE`)) {
    assert.deepEqual(problemsOf({ [name]: '/secrets/s3cret' }), [
      `${name}: the engine of READ_STORE runs in this process and lets everybody in`,
    ]);
    assert.deepEqual(refused({ ...engines, [name]: '/secrets/s3cret' }), []);
  }
  for (const name of ['CREDENTIALS', 'CA', 'CERTIFICATE'].map((file) => `BUS_${file}_FILE`)) {
    assert.deepEqual(problemsOf({ [name]: '/secrets/s3cret' }), [
      `${name}: the engine of BUS runs in this process and lets everybody in`,
    ]);
    assert.deepEqual(refused({ ...engines, [name]: '/secrets/s3cret' }), []);
  }
});

test('roles are taken in their order, each once, and some alone are not the whole', () => {
  const { roles: taken, whole } = readConfig(apart, ['read-api', 'projections', 'read-api']);
  assert.deepEqual(taken, ['projections', 'read-api']);
  assert.equal(whole, false);
  assert.ok(Object.isFrozen(taken));
  assert.equal(readConfig({}, [...roles.toReversed(), 'sagas']).whole, true);
  const most: readonly PlatformRole[] = ['write-side', 'sagas', 'projections', 'read-api', 'read-api'];
  assert.equal(readConfig(engines, most).whole, false);
  assert.deepEqual(problemsOf(apart, []), ['--role: none is named']);
});

test('whoever appends does so in one process: write side and sagas go together', () => {
  for (const [chosen, alone, other] of [
    [['write-side'], 'write-side', 'sagas'],
    [['write-side', 'read-api', 'publisher', 'projections'], 'write-side', 'sagas'],
    [['sagas', 'projections'], 'sagas', 'write-side'],
  ] as const)
    assert.deepEqual(problemsOf(apart, chosen), [
      `--role: ${alone} without ${other}: both append to the SQLite history of EVENT_STORE, which one process writes; run them together`,
    ]);
  assert.deepEqual(problemsOf(engines, ['write-side', 'sagas']), []);
});

test('what runs in one process is refused by name to roles in several', () => {
  const chosen: readonly PlatformRole[] = ['projections'];
  assert.deepEqual(problemsOf({}, chosen), [
    'READ_STORE: SQLite views are of one process; roles in several need mongodb://…',
    'BUS: a bus in memory is of one process; roles in several need kafka://…',
  ]);
  assert.deepEqual(refused({ READ_STORE: engines.READ_STORE }, chosen), ['BUS']);
  assert.deepEqual(refused({ BUS: engines.BUS }, chosen), ['READ_STORE']);
  assert.deepEqual(refused(engines, chosen), []);
});

test('whoever sends commands, or lives by a clock that another moves, is told where the write side is', () => {
  assert.deepEqual(problemsOf(engines, ['read-api']), [
    'SERVICE_URL: this role needs the address at which the write side listens for the others, such as http://write-side:4002',
  ]);
  for (const role of ['projections', 'publisher'] as const) {
    assert.deepEqual(refused(engines, [role]), []);
    assert.deepEqual(refused({ ...engines, CLOCK: 'simulated' }, [role]), ['SERVICE_URL']);
  }
  assert.deepEqual(refused({ ...engines, CLOCK: 'simulated' }, ['write-side', 'sagas', 'read-api']), []);
  assert.deepEqual(refused(apart, ['read-api']), []);
  assert.equal(readConfig(apart, ['read-api']).service.url, 'http://write-side:4002');
  assert.deepEqual(refused({ SERVICE_URL: 'http://ann:s3cret@write-side' }), ['SERVICE_URL']);
  assert.doesNotMatch(problemsOf({ SERVICE_URL: 'http://ann:s3cret@write-side' }).join(), /s3cret/);
  assert.deepEqual(refused({ SERVICE_PORT: '70000' }), ['SERVICE_PORT']);
});

test('in production a role needs the secrets that it uses, and no other', () => {
  const alone = { NODE_ENV: 'production', ...apart, SERVICE_KEY_FILE: '/keys/roles.json' };
  for (const role of ['projections', 'publisher'] as const) assert.deepEqual(refused(alone, [role]), []);
  assert.deepEqual(refused(alone, ['read-api', 'projections']), [
    'TOKEN_KEY_FILE',
    'MASTER_KEY_FILE',
    'PUBLIC_URL',
  ]);
  const all = ['TOKEN_KEY_FILE', 'MASTER_KEY_FILE', 'WEBHOOK_SECRET', 'PUBLIC_URL', 'SIMULATED', 'MAIL'];
  assert.deepEqual(refused(alone, ['write-side', 'sagas']), all);
});

test('in production roles know each other by a secret that somebody has chosen', () => {
  const production = {
    ...{ NODE_ENV: 'production', TOKEN_KEY_FILE: '/keys/public.json', WEBHOOK_SECRET: 's'.repeat(32) },
    ...{
      PUBLIC_URL: 'https://auctions.example',
      SIMULATED: 'payments,mail',
      MASTER_KEY_FILE: '/keys/master.key',
    },
  };
  assert.deepEqual(problemsOf({ ...production, ...apart }, ['read-api']), [
    'SERVICE_KEY_FILE: production needs the secret that the roles know each other by',
  ]);
  assert.deepEqual(problemsOf(production), [], 'one process has nobody to know');
  const SERVICE_KEY_FILE = '/keys/service.key';
  assert.equal(
    readConfig({ ...production, ...apart, SERVICE_KEY_FILE }, ['read-api']).service.keyFile,
    SERVICE_KEY_FILE,
  );
});

test('replies go to topics of their own: never to those that the platform itself writes', () => {
  assert.deepEqual(readConfig({}).replyPrefixes, ['annals.replies.']);
  assert.deepEqual(readConfig({ BUS: 'kafka://k/house' }).replyPrefixes, ['house.replies.']);
  const BUS_REPLY_PREFIXES = 'annals.replies.shop., partners.';
  assert.deepEqual(readConfig({ BUS_REPLY_PREFIXES }).replyPrefixes, ['annals.replies.shop.', 'partners.']);
  for (const wrong of [
    'annals',
    'annals.',
    'a',
    'annals.commands',
    'annals.auctions',
    'annals.rep',
    'x., annals.',
  ])
    assert.deepEqual(refused({ BUS_REPLY_PREFIXES: wrong }), ['BUS_REPLY_PREFIXES'], wrong);
  assert.deepEqual(refused({ BUS_REPLY_PREFIXES: 'house.', BUS: 'kafka://k/house' }), ['BUS_REPLY_PREFIXES']);
  for (const wrong of [' ', 'a b', 'ü.', 'a/'])
    assert.notDeepEqual(refused({ BUS_REPLY_PREFIXES: wrong }), [], wrong);
});

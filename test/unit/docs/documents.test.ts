import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { registry } from '#compose/contexts.ts';
import { type Config, readConfig, settings } from '#config';
import type { JsonSchema } from '#domain/kernel/json-schema.ts';
import { messageSchemas } from '#domain/kernel/json-schema.ts';
import { marks } from '#domain/kernel/message.ts';
import { HandleNotice, NoticeResolution } from '#domain/wallets/notice/messages.ts';
import { Discharge } from '#domain/wallets/unclaimed/messages.ts';
import { WriteOffCause, WriteOffDebt } from '#domain/wallets/wallet/messages.ts';
import { EXIT } from '#exit';
import { readLimits } from '#read-api/limits.ts';
import { closeCodes } from '#test/support/close-codes.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { CommandEnvelope, readEnvelope } from '#write-side/bus/envelope.ts';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import { commandPaths } from '#write-side/rest/paths.ts';

// What the documents say by a name or a number is held against what has it: a table that nobody compares is out of date soon.

const root = resolve(import.meta.dirname, '../../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const markdownIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

/** What people are told of how it is used. */
const readme = ['README.md', ...markdownIn('docs/guides')].map(textOf).join('\n');
/** What tells how things are; decisions tell how they came to be. */
const manuals = ['README.md', ...markdownIn('docs'), ...markdownIn('docs/guides')];
const documents = [...manuals, ...markdownIn('docs/adr'), ...markdownIn('samples')];

/** What stands between backticks. */
const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, inside = '']) => inside);

/** The rows of the table that begins with these headings, cell by cell. */
function tableOf(text: string, headings: string): readonly (readonly string[])[] {
  const [, behind = ''] = text.split(`\n${headings}\n`);
  const lines = behind.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  // A bar inside a cell would be escaped, and none is.
  return lines.slice(1, end).map((line) => line.split('|').slice(1, -1));
}

const production = readConfig({
  ...{
    NODE_ENV: 'production',
    TOKEN_KEY_FILE: '/keys/public.json',
    MASTER_KEY_FILE: '/keys/master.key',
    WEBHOOK_SECRET: 's'.repeat(32),
  },
  ...{ PUBLIC_URL: 'https://auctions.example', SIMULATED: 'payments,mail' },
});
/** What each setting is where nobody has set it, as far as that is a text or a number. */
const usual: Readonly<Record<string, (config: Config) => string | number | undefined>> = {
  PORT: ({ port }) => port,
  HOST: ({ host }) => host,
  OPERATIONS_PORT: ({ operations }) => operations?.port,
  OPERATIONS_HOST: ({ operations }) => operations?.host,
  DATA_DIR: ({ dataDir }) => `./${relative(process.cwd(), dataDir)}`,
  PERSON_KEYS_FILE: ({ personKeys }) => `./${relative(process.cwd(), personKeys.file)}`,
  EVENT_STORE: ({ eventStore }) => `${eventStore.engine}:`,
  MAIL: ({ mail }) => `${mail.at.engine}:`,
  BUS: ({ bus }) => `${bus.engine}:`,
  BUS_REPLY_PREFIXES: ({ replyPrefixes }) => replyPrefixes.join(','),
  SERVICE_HOST: ({ service }) => service.host,
  SERVICE_PORT: ({ service }) => service.port,
  READ_STORE: ({ readStore }) => `${readStore.engine}:`,
  NODE_ENV: () => (readConfig({}).production ? 'production' : 'development'),
  LOG_LEVEL: ({ logLevel }) => logLevel,
  CLOCK: ({ clock }) => clock,
  TOKEN_ISSUER: ({ tokens }) => tokens.issuer,
  TOKEN_AUDIENCE: ({ tokens }) => tokens.audience,
  TOKEN_ROLES_CLAIM: ({ tokens }) => tokens.rolesClaim,
  MAX_CONNECTIONS: ({ maxConnections }) => maxConnections,
  MAX_CONNECTIONS_PER_ADDRESS: ({ maxConnectionsPerAddress }) => maxConnectionsPerAddress,
  RATE_PER_ADDRESS: ({ rates }) => rates.perAddress,
  RATE_PER_PERSON: ({ rates }) => rates.perPerson,
  SHUTDOWN_DELAY_MS: ({ shutdownDelayMs }) => shutdownDelayMs,
};

test('the table of settings has every setting, once, with what it is when nobody sets it', () => {
  const rows = tableOf(readme, '| variable | default | |').map(([names = '', told = '']) => ({
    names: quoted(names),
    told: quoted(told).filter((word) => !settings.includes(word)),
  }));
  assert.deepEqual(rows.flatMap(({ names }) => names).toSorted(), settings.toSorted());
  for (const { names, told } of rows) {
    const values = names.flatMap((name) =>
      [readConfig({}), production].map((config) => usual[name]?.(config)),
    );
    const expected = new Set(values.filter((value) => value !== undefined).map(String));
    assert.deepEqual(new Set(told), expected, names.join(', '));
  }
});

test('the table of goodbyes names codes that a socket is closed with, and the limits that are kept', () => {
  const rows = tableOf(readme, '| a socket closes with | when |');
  const codes = rows.flatMap(([told = '']) => told.split(',').map(Number));
  assert.ok(codes.length > 8);
  assert.deepEqual(
    codes.filter((code) => !closeCodes.has(code)),
    [],
  );
  const kib = (bytes: number): string => `${bytes / 1024} KiB`;
  const mib = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;
  const limits = readLimits;
  const sentences = [
    `more than ${kib(limits.greetingBytes)} or ${limits.greetingMessages} messages came before`,
    `a message in more than ${limits.messageFragments} frames`,
    `no greeting within ${limits.connectionInitMs / 1_000} s`,
    `a message has more than ${kib(limits.messageBytes)}`,
    `over ${mib(limits.unreadBytes)} of them wait`,
    `an id of more than ${limits.operationIdCharacters} characters`,
    `a \`ping\` or \`pong\` of more than ${kib(limits.controlBytes)}`,
    `An answer of GraphQL has about ${mib(limits.answerBytes)} at most`,
  ];
  for (const sentence of sentences) assert.ok(readme.includes(sentence), sentence);
});

test('how long keys are remembered is told by the limits of the pipeline', () => {
  const number = new Intl.NumberFormat('en-US');
  const { keyLifeMs, rememberedCommandsPerStream, keysPerPerson } = pipelineLimits;
  for (const path of ['README.md', 'write-side/rest/openapi.ts']) {
    const text = textOf(path);
    assert.ok(text.includes(`${keyLifeMs / 3_600_000} hours`), path);
    assert.ok(text.includes(number.format(rememberedCommandsPerStream)), path);
    assert.ok(text.includes(number.format(keysPerPerson)), path);
  }
});

test('the table of what an operator reads has the codes that processes end with', () => {
  const rows = tableOf(readme, '| what happens | what an operator reads | exit code |');
  const told = rows.map(([, , code = '']) => code.trim()).filter((code) => code !== '');
  assert.deepEqual(new Set(told.map(Number)), new Set(Object.values(EXIT)));
});

test('what is named of the tree is there: files, folders, links and scripts', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const top = new Set(readdirSync(root));
  const missing = documents.flatMap((path) => {
    const text = textOf(path);
    const files = quoted(text).filter((word) => /^[\w.-]+(\/[\w.-]+)+\/?$/.test(word));
    const named = files.filter((file) => top.has(file.split('/')[0] ?? '') && !existsSync(join(root, file)));
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => !existsSync(join(root, dirname(path), link)));
    const run = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    return [...named, ...dead, ...run.filter((name) => !(name in scripts))].map((name) => `${path}: ${name}`);
  });
  assert.deepEqual(missing, []);
});

/** Words of the same form that are no codes of the catalogue. */
const otherWords: readonly string[] = [
  ...['response_mode', 'unsupported_response_mode', 'response_type', 'unsupported_response_type'],
  ...['id_token_hint', 'login_required'],
  ...['connection_init', 'bidder_rating', 'annals_payment_notices_waiting', 'annals_payment_notices_unread'],
  ...[
    'annals_bus_commands',
    'annals_engine_up',
    'annals_mails_waiting',
    'annals_mails_sent_again',
    'annals_engine_errors',
    'annals_consumer_troubled',
    'annals_consumer_lag',
    ...DeadLetter.shape.cause.options,
  ],
  ...[...WriteOffCause.options, ...NoticeResolution.options, ...Discharge.options],
  ...['unknown_outcome', 'reserve_not_met', 'top_up_reinstated'],
  // Of OAuth 2.0 and OpenID Connect.
  ...['authorization_code', 'refresh_token', 'device_code', 'client_credentials'],
  ...['client_secret_basic', 'client_secret_post', 'acr_values', 'max_age', 'select_account'],
  ...['as_of', 'client_id', 'offline_access', 'invalid_scope', 'email_verified', 'auth_time', 'ui_locales'],
];

test('the table of dead letters has every cause, and that of an envelope every field', () => {
  const guide = textOf('docs/guides/commands-over-kafka.md');
  const firsts = (headings: string) => tableOf(guide, headings).flatMap(([cell = '']) => quoted(cell));
  assert.deepEqual(firsts('| cause | what happened |').toSorted(), DeadLetter.shape.cause.options.toSorted());
  assert.deepEqual(firsts('| field | |').toSorted(), Object.keys(CommandEnvelope.shape).toSorted());
  const [, example = ''] = /```json\n([^`]*)```/.exec(guide) ?? [];
  assert.ok(
    'command' in readEnvelope({ value: new TextEncoder().encode(example) }),
    'the example is no envelope',
  );
});

test('what staff may say of a debt, a notice and of what is given out stands in the guide, each with what it means', () => {
  const guide = textOf('docs/guides/money.md');
  const firsts = (headings: string) => tableOf(guide, headings).flatMap(([cell = '']) => quoted(cell));
  assert.deepEqual(firsts('| `cause` of `write-off-debt` | |'), WriteOffDebt.schema.shape.cause.options);
  assert.deepEqual(
    firsts('| `resolution` of `handle-notice` | |'),
    HandleNotice.schema.shape.resolution.options,
  );
  assert.deepEqual(firsts('| `how` of `discharge-unclaimed` | |'), Discharge.options);
});

test('what is named of the interfaces is there: codes, commands and questions', () => {
  const paths = new Set(commandPaths(registry).map(({ path }) => path));
  const schema = buildSchema(textOf('read-api/schema.graphql'));
  const wrong = manuals.flatMap((path) => {
    const words = quoted(textOf(path));
    const codes = words.filter((word) => /^[a-z]+(_[a-z]+)+$/.test(word) && !otherWords.includes(word));
    const commands = words.flatMap((word) => /^POST (\/commands\/[a-z-]+\/[a-z-]+)$/.exec(word)?.[1] ?? []);
    const questions = words.filter((word) => word.startsWith('{ '));
    const problems = [
      ...codes.filter((code) => !registry.rejections.has(code)),
      ...commands.filter((command) => !paths.has(command)),
      ...questions.flatMap((question) => validate(schema, parse(question)).map(({ message }) => message)),
    ];
    return problems.map((problem) => `${path}: ${problem}`);
  });
  assert.deepEqual(wrong, []);
});

const isMarked = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  (marks.some((mark) => (schema as JsonSchema)[mark] === true) || Object.values(schema).some(isMarked));

test('every event with something in it that is not for everybody is among the secrets', () => {
  const secrets = textOf('docs/secrets.md');
  const marked = Object.entries(messageSchemas(registry).events).filter(([, schema]) => isMarked(schema));
  assert.ok(marked.length > 5);
  assert.deepEqual(
    marked.map(([type]) => type).filter((type) => !secrets.includes(`\`${type}\``)),
    [],
  );
});

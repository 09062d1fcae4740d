import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DCLinter } from 'dclint';
import { type PlatformRole, readConfig, roles, settings } from '#config';
import { environmentOf, rolesIn, type Service, servicesOf } from './compose-file.ts';
import { buildsOf, fileOf } from './dockerfile.ts';

const PATH = 'docker-compose.yml';
const services = servicesOf(PATH);
const ours = [...services].filter(([, { build }]) => build !== undefined);

interface Linted {
  readonly messages: readonly { readonly rule: string; readonly line: number; readonly message: string }[];
}
function linted(linter: DCLinter, path: string): readonly string[] {
  const results = linter.lintFiles([path], false) as readonly Linted[];
  return results.flatMap(({ messages }) =>
    messages.map(({ rule, line, message }) => `${line}: ${message} (${rule})`),
  );
}

test('it is what the specification of compose files says, and no tag is left open', () => {
  const rules = {
    'no-build-and-image': 0,
    'require-project-name-field': 0,
    'service-dependencies-alphabetical-order': 0,
    'service-keys-order': 0,
    'services-alphabetical-order': 0,
    'top-level-properties-order': 0,
    'no-quotes-in-volumes': 0,
    'require-quotes-in-ports': [2, { quoteType: 'double' }],
  } as const;
  const linter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
  assert.deepEqual(linted(linter, PATH), []);
  const tags = [...services].map(([name, { image }]) => [name, image.split(':')[1]] as const);
  // The schema is asked too: what it does not know is found.
  const folder = mkdtempSync(join(tmpdir(), 'annals-compose-'));
  const broken = join(folder, 'docker-compose.yml');
  writeFileSync(broken, readFileSync(PATH, 'utf8').replaceAll('depends_on:', 'waits_for:'));
  assert.match(linted(linter, broken).join(), /waits_for|additional properties/);
  rmSync(folder, { recursive: true });
  assert.deepEqual(
    tags.filter(([, tag]) => !/^\d+\.\d+\.\d+/.test(tag ?? '')),
    [],
  );
});

test('every role runs in a service of its own, and what appends to one SQLite history in one process', () => {
  assert.deepEqual(ours.flatMap(([, service]) => rolesIn(service)).sort(), [...roles].sort());
  const known = new Set<string>(roles);
  for (const [name, service] of ours)
    assert.ok(
      rolesIn(service).every((role) => known.has(role)),
      name,
    );
});

test('every setting is set or defaulted in every role, and the platform takes them', () => {
  for (const [name, service] of ours) {
    assert.deepEqual(Object.keys(service.environment).sort(), [...settings].sort(), name);
    // As it stands, and with each of the files and ports that somebody may set.
    const outside = {
      NODE_ENV: 'production',
      TOKEN_KEY_FILE: '/run/secrets/token',
      SERVICE_KEY_FILE: '/run/secrets/service',
      MASTER_KEY_FILE: '/run/secrets/master',
      WEBHOOK_SECRET: 'x'.repeat(32),
      OPERATIONS_PORT: '4001',
      ...{ TLS_CERT_FILE: '/run/secrets/tls', TLS_KEY_FILE: '/run/secrets/tls' },
      ...{
        SERVICE_URL: 'https://write-side:4002',
        SERVICE_CERTIFICATE_FILE: '/run/secrets/role',
        SERVICE_CA_FILE: '/run/secrets/ca',
      },
      READ_STORE_CREDENTIALS_FILE: '/run/secrets/mongodb',
      BUS_CREDENTIALS_FILE: '/run/secrets/kafka',
      ...{
        MAIL: 'smtp://mail.example',
        MAIL_FROM: 'a@b.example',
        MAIL_CREDENTIALS_FILE: '/run/secrets/mail',
      },
    };
    for (const given of [{}, outside]) {
      const config = readConfig(environmentOf(service, given), rolesIn(service) as PlatformRole[]);
      assert.equal(config.whole, false, name);
      assert.equal(config.port, 4000, name);
    }
  }
});

test('whoever stands on another waits until that is healthy', () => {
  const waitsFor = (name: string, seen: readonly string[] = []): readonly string[] => {
    assert.ok(!seen.includes(name), `${name} waits for itself`);
    const needed = Object.entries(services.get(name)?.depends_on ?? {});
    return needed.flatMap(([other, { condition }]) => {
      assert.equal(condition, 'service_healthy', `${name} → ${other}`);
      return [other, ...waitsFor(other, [...seen, name])];
    });
  };
  for (const [name] of ours) {
    const all = waitsFor(name);
    assert.ok(all.includes('mongodb') && all.includes('kafka'), name);
    assert.ok(name === 'write-side' || all.includes('write-side'), name);
  }
});

test('a profile has all that its services wait for, and the engines alone start without the platform', () => {
  for (const [name, { profiles, depends_on }] of services)
    for (const profile of profiles)
      for (const other of Object.keys(depends_on))
        assert.ok(
          services.get(other)?.profiles.includes(profile),
          `${name} waits for ${other} in ${profile}`,
        );
  const engines = [...services].filter(([, { profiles }]) => profiles.includes('engines'));
  assert.deepEqual(engines.map(([name]) => name).sort(), ['eventstore', 'kafka', 'mongodb', 'mosquitto']);
});

test('nothing is open to other machines, and what is mounted from here is here', () => {
  for (const [name, { ports, volumes }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
    for (const [from = ''] of volumes.map((volume) => volume.split(':')))
      if (from.startsWith('.')) assert.ok(existsSync(from), `${name} mounts ${from}`);
  }
});

/** What the images of others bring, after their own Dockerfiles. */
const programs: Readonly<Record<string, RegExp>> = {
  // BusyBox of Alpine.
  caddy: /^wget$/,
  mongo: /^mongosh$/,
  'apache/kafka': /^\/opt\/kafka\/bin\/kafka-broker-api-versions\.sh$/,
  'eventstore/eventstore': /^curl$/,
  'eclipse-mosquitto': /^mosquitto_sub$/,
};

function programOf({ healthcheck }: Service): string {
  const [how, ...words] = healthcheck.test;
  assert.ok(how === 'CMD' || how === 'CMD-SHELL', String(how));
  return (how === 'CMD' ? words[0] : words[0]?.split(' ')[0]) ?? '';
}

test('the program of each health check is in its image', () => {
  for (const [name, service] of services) {
    const image = service.image.split(':')[0] ?? '';
    if (service.build === undefined) {
      assert.match(programOf(service), programs[image] ?? /^$/, name);
      continue;
    }
    const [, program, script = ''] = service.healthcheck.test as readonly string[];
    assert.equal(program, 'node', name);
    assert.ok(existsSync(script) && fileOf('.dockerignore').takes(script), `${name} asks by ${script}`);
    assert.ok(buildsOf(service.build.dockerfile).some(({ image: from }) => from.startsWith('node:')));
  }
});

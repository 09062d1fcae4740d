import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import kafkajs from 'kafkajs';
import { freePort } from '#bench/free-port.ts';
import { Kafka, logLevel } from '#engines/bus/kafka/driver.ts';
import { exchange, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import { setPassword } from './kafka-password.ts';
import { AUTHORIZING, KNOWN, type OwnKafka } from './kafka-server.ts';
import type { OwnServer } from './mongo-server.ts';
import { OneProcess } from './role-processes.ts';
import { ownServersFor, type Servers } from './servers.ts';

// What Kafka refuses, one thing after the other, to processes that run: each says what is wrong and where, is red for it, does not hurry,
// and goes on by itself when it is mended; and everybody is told of every event, in the order of its stream.

const PASSWORD = 'odd-Pa55-of-ours';
const OTHER = 'odd-Pa55-of-theirs';
const PREFIX = 'annals-refused';

const servers = await ownServersFor('what Kafka refuses', AUTHORIZING);
after(() => servers?.end());

/** Who sees everything at the broker, and may do everything there. */
class Administrator {
  readonly #kafka: OwnKafka;
  readonly #driver: InstanceType<typeof Kafka>;

  constructor(of: OwnKafka) {
    this.#kafka = of;
    this.#driver = new Kafka({ brokers: [of.broker], logLevel: logLevel.NOTHING });
  }

  password = (password: string): Promise<void> => setPassword(this.#kafka.broker, KNOWN.username, password);

  async does<R>(work: (admin: kafkajs.Admin) => Promise<R>): Promise<R> {
    const admin = this.#driver.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Whether we may make topics. */
  async making(allowed: boolean): Promise<void> {
    const acls = ['CLUSTER', 'TOPIC'].map((kind) => ({
      resourceType: kind === 'TOPIC' ? kafkajs.AclResourceTypes.TOPIC : kafkajs.AclResourceTypes.CLUSTER,
      resourceName: kind === 'TOPIC' ? '*' : 'kafka-cluster',
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
      principal: `User:${KNOWN.username}`,
      host: '*',
      operation: kafkajs.AclOperationTypes.CREATE,
      permissionType: kafkajs.AclPermissionTypes.DENY,
    }));
    // With a word for anybody there, whatever is not allowed would be refused.
    const others = acls.map((acl) => ({
      ...acl,
      operation: kafkajs.AclOperationTypes.ALL,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    }));
    await this.does(async (admin) => {
      if (allowed) await admin.deleteAcls({ filters: acls });
      else await admin.createAcls({ acl: [...acls, ...others] });
    });
  }

  largest = (topic: string, bytes: number): Promise<void> =>
    this.does(async (admin) => {
      const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    });

  /** Of each stream the revisions that stand on a topic, in their order, each once. */
  async told(topic: string): Promise<ReadonlyMap<string, readonly number[]>> {
    const ends = await this.does((admin) => admin.fetchTopicOffsets(topic)).catch(() => []);
    const all = ends.reduce((sum, { high }) => sum + Number(high), 0);
    const told = new Map<string, number[]>();
    const consumer = this.#driver.consumer({ groupId: `reader-${Math.random()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    let read = 0;
    await new Promise<void>((resolve, reject) => {
      if (all === 0) return resolve();
      consumer
        .run({
          async eachMessage({ message }) {
            const { subject, streamrevision } = JSON.parse(String(message.value));
            const revisions = told.get(subject) ?? [];
            told.set(subject, revisions);
            if (!revisions.includes(streamrevision)) revisions.push(streamrevision);
            read += 1;
            if (read >= all) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return told;
  }
}

/** The components of a process that have trouble, and what it answers to a balancer. */
async function troubleOf({ url }: OneProcess) {
  const { httpStatus, status, components } = await healthOf(url);
  const troubled = Object.entries(components).filter(([, { ready }]) => !ready);
  return { httpStatus, status, names: troubled.map(([name]) => name), details: JSON.stringify(components) };
}

const started: OneProcess[] = [];
async function startOne(roles: string, environment: Readonly<Record<string, string>>): Promise<OneProcess> {
  const one = new OneProcess(roles, roles, await freePort(), environment);
  started.push(one);
  one.supervise();
  return one;
}
after(() => {
  for (const one of started) one.signal('SIGKILL');
});

/** The processes before a broker, and those who look after both. */
class Scene {
  readonly admin: Administrator;
  readonly address: string;
  readonly writeSide: OneProcess;
  readonly publisher: OneProcess;
  readonly readApi: OneProcess;
  /** All that was told. */
  readonly seen: string[] = [];
  wallets = 0;

  constructor(admin: Administrator, address: string, ofRole: ReadonlyMap<string, OneProcess>) {
    this.admin = admin;
    this.address = address;
    const named = (roles: string): OneProcess => ofRole.get(roles) ?? assert.fail(roles);
    [this.writeSide, this.publisher] = [named('write-side,sagas'), named('publisher')];
    this.readApi = named('read-api');
  }

  /** How often the bus has failed the publisher. */
  async attempts(): Promise<number> {
    const { body } = await exchange(`${this.publisher.url}/metrics`);
    this.seen.push(body);
    const name = `annals_engine_errors\\{engine="bus",address="${this.address}"\\}`;
    return Number(new RegExp(`${name} (\\d+)`).exec(body)?.[1] ?? assert.fail(body));
  }

  /** Until it is red for this; whatever is said goes with the address, and nobody hurries. */
  async red(why: RegExp, ofWriteSide: boolean): Promise<void> {
    let last: unknown;
    const trouble = await until(
      async () => {
        const told = await troubleOf(this.publisher).catch((error) => ({ error: String(error) }));
        last = told;
        return !('error' in told) && told.httpStatus === 503 && why.test(told.details) && told;
      },
      () => `the publisher is red: ${why}, and not ${inspect(last)}\n${this.publisher.output()}`,
    );
    assert.ok(trouble.details.includes(this.address), trouble.details);
    this.seen.push(trouble.details);
    if (ofWriteSide) {
      const beside = await until(async () => {
        const told = await troubleOf(this.writeSide).catch(() => undefined);
        return told?.names.includes('bus') && told;
      }, 'the write side says so');
      assert.deepEqual([beside.httpStatus, beside.status], [200, 'degraded'], beside.details);
      this.seen.push(beside.details);
    }
    const before = await this.attempts();
    await pause(1_000);
    const more = (await this.attempts()) - before;
    assert.ok(more < 40, `${more} attempts within a second`);
  }

  green = () =>
    until(async () => {
      const told = await Promise.all([this.publisher, this.writeSide].map(troubleOf));
      return told.every(({ status }) => status === 'ready');
    }, 'all is well again');

  /** Some people, each with a wallet. */
  async more(): Promise<void> {
    for (let count = 0; count < 3; count += 1) {
      this.wallets += 1;
      const ann = await signIn(this.writeSide.url, `ann${this.wallets}`, ['bidder']);
      const { status, body } = await openWallet(ann, `open-${this.wallets}`);
      assert.equal(status, 200, JSON.stringify(body));
    }
  }

  published = (least: number) =>
    until(async () => {
      const told = await this.admin.told(`${PREFIX}.wallets`);
      return told.size >= least && told;
    }, `${least} wallets are told of`);
}

async function givenScene(broker: OwnKafka, views: OwnServer): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-refusals-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const BUS_CREDENTIALS_FILE = join(folder, 'kafka.json');
  await writeFile(BUS_CREDENTIALS_FILE, JSON.stringify({ username: KNOWN.username, password: PASSWORD }));
  const BUS = `kafka://${broker.byPassword}/${PREFIX}`;
  const servicePort = await freePort();
  const environment = {
    ...{ READ_STORE: views.url, BUS, BUS_CREDENTIALS_FILE, DATA_DIR: join(folder, 'data') },
    ...{ SERVICE_PORT: String(servicePort), SERVICE_URL: `http://127.0.0.1:${servicePort}` },
  };
  const ofRole = new Map<string, OneProcess>();
  for (const roles of ['write-side,sagas', 'publisher', 'read-api'])
    ofRole.set(roles, await startOne(roles, environment));
  return new Scene(new Administrator(broker), BUS, ofRole);
}

/** From nobody there to everybody told. */
async function comes(broker: OwnKafka, scene: Scene): Promise<void> {
  const { admin } = scene;
  await scene.writeSide.ready();
  await scene.readApi.ready();
  await scene.more();
  await scene.red(/ECONNREFUSED/, true);
  const beside = async () => (await troubleOf(scene.readApi)).status === 'ready';
  await until(beside, 'who has no use for the bus is well without it');
  await broker.start();
  await scene.red(/SASL|uthentication/, true);
  await admin.making(false);
  await admin.password(PASSWORD);
  await scene.red(/uthoriz/, false);
  const there = await admin.does((it) => it.listTopics());
  assert.deepEqual(
    there.filter((name) => name.startsWith(PREFIX)),
    [],
  );
  await admin.making(true);
  await scene.green();
  await scene.published(scene.wallets);
}

async function takesTooLittle(scene: Scene): Promise<void> {
  const { admin } = scene;
  await admin.largest(`${PREFIX}.wallets`, 150);
  await scene.more();
  await scene.red(/larger than|too large|max message size/i, false);
  await admin.largest(`${PREFIX}.wallets`, 1_048_588);
  await scene.green();
  for (const [stream, revisions] of await scene.published(scene.wallets))
    assert.deepEqual(
      revisions,
      revisions.toSorted((a, b) => a - b),
      stream,
    );
}

async function losesTopicsAndTrust(broker: OwnKafka, scene: Scene): Promise<void> {
  const { admin, wallets: before } = scene;
  const commands = [`${PREFIX}.commands`, `${PREFIX}.commands.dead`];
  await admin.does((it) => it.deleteTopics({ topics: [`${PREFIX}.wallets`, ...commands] }));
  await scene.more();
  await scene.published(scene.wallets - before);
  await until(async () => {
    const there = await admin.does((it) => it.listTopics());
    return commands.every((name) => there.includes(name));
  }, 'the topics of commands are made again');
  await scene.green();
  await admin.password(OTHER);
  broker.signal('SIGKILL');
  await broker.start();
  await scene.more();
  await scene.red(/SASL|uthentication/, true);
  await admin.password(PASSWORD);
  await scene.green();
  await scene.published(scene.wallets - before);
}

async function refusals({ kafka: broker, mongodb: views }: Servers): Promise<void> {
  broker.signal('SIGKILL');
  const scene = await givenScene(broker, views);
  await comes(broker, scene);
  await takesTooLittle(scene);
  await losesTopicsAndTrust(broker, scene);
  const { body } = await exchange(`${scene.publisher.url}/health/ready`);
  const said = [body, ...scene.seen, ...started.map((one) => one.output())].join('\n');
  for (const secret of [PASSWORD, OTHER, KNOWN.password]) assert.ok(!said.includes(secret), secret);
  assert.ok(
    started.every(({ pid }) => pid !== 0),
    'nobody has ended',
  );
  for (const one of started.toReversed()) assert.equal(await one.end('SIGTERM'), 0, one.output());
}

if (servers !== undefined)
  test('whatever Kafka refuses is told by its address, and mended without a restart', () =>
    refusals(servers));

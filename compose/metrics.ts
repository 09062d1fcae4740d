import { Router } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Position } from '#domain/kernel/envelope.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { MailsStatus } from '#sagas/mails/mails.ts';
import type { BusCommands } from '#write-side/bus/consuming.ts';
import type { PipelineStatus } from '#write-side/pipeline/pipeline.ts';
import type { Certificates } from './certificates.ts';
import type { NamedEngine } from './health.ts';

/** What is measured is asked for when somebody looks, so that nobody pays for it in between. */
export interface Measured {
  readonly consumers: () => readonly ConsumerStatus[];
  /** Where the history ends. */
  readonly head: () => Promise<Position>;
  readonly engines: readonly NamedEngine[];
  /** When what is shown to people, or to other roles, ends. */
  readonly certificates?: Certificates['ends'];
  /** Where commands are decided. */
  readonly pipeline?: () => PipelineStatus;
  /** Where commands are taken from the bus. */
  readonly busCommands?: BusCommands['status'];
  /** Where mails are sent. */
  readonly mails?: () => MailsStatus | undefined;
  /** Signed notices that wait for somebody to look at them, where views are kept. */
  readonly noticesWaiting?: () => Promise<number>;
  /** By status: what bore the signature of a notice and was refused before it was read, where they come in. */
  readonly noticesUnread?: () => ReadonlyMap<number, number>;
}

type Registers = Registry[];

function measureCommands(registers: Registers, { pipeline }: Measured): void {
  if (pipeline === undefined) return;
  new Gauge({
    name: 'annals_commands_in_flight',
    help: 'Commands admitted and not yet done with, their chains included.',
    labelNames: ['side'],
    registers,
    collect() {
      for (const [side, count] of Object.entries(pipeline().inFlight)) this.set({ side }, count);
    },
  });
  new Gauge({
    name: 'annals_commands_limit',
    help: 'Commands from outside that may be in flight, as far as the last answers tell; beyond them is overload.',
    registers,
    collect() {
      this.set(pipeline().limit);
    },
  });
  new Gauge({
    name: 'annals_commands_queued',
    help: 'Commands that wait for their stream.',
    registers,
    collect() {
      this.set(pipeline().queued.commands);
    },
  });
  new Gauge({
    name: 'annals_streams_cached',
    help: 'Streams whose state is kept in memory.',
    registers,
    collect() {
      this.set(pipeline().cached.streams);
    },
  });
}

function measureBusCommands(registers: Registers, { busCommands }: Measured): void {
  if (busCommands === undefined) return;
  new Gauge({
    name: 'annals_bus_commands',
    help: 'Records of the command topics since the start, by what became of them: answered, handed on to be tried again, or laid aside as dead letters.',
    labelNames: ['became'],
    registers,
    collect() {
      const { answered, handedOn, deadLetters } = busCommands();
      this.set({ became: 'answered' }, answered);
      this.set({ became: 'handed-on' }, handedOn);
      this.set({ became: 'dead-letter' }, deadLetters);
    },
  });
  new Gauge({
    name: 'annals_bus_commands_troubled',
    help: '1 while commands cannot be taken from the bus; /health/ready says why.',
    registers,
    collect() {
      this.set(busCommands().problem === undefined ? 0 : 1);
    },
  });
}

function measureLag(registers: Registers, { consumers, head }: Measured): void {
  new Gauge({
    name: 'annals_consumer_lag',
    help: 'How many positions of the history a consumer has still to pass, as far as this process knows where it stands.',
    labelNames: ['consumer'],
    registers,
    async collect() {
      this.reset();
      // A history that cannot be read must not take the other numbers with it.
      const end = await head().catch(() => undefined);
      for (const { name, position } of consumers())
        this.set({ consumer: name }, end === undefined ? Number.NaN : Math.max(0, Number(end - position)));
    },
  });
}

function measureConsumers(registers: Registers, { consumers }: Measured): void {
  new Gauge({
    name: 'annals_consumer_running',
    help: '1 while a view, reaction or saga advances; 0 when it waits for its lease, has stopped, or met a newer event.',
    labelNames: ['consumer', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { name, state } of consumers())
        this.set({ consumer: name, state }, state === 'live' || state === 'catching-up' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'annals_consumer_part_held',
    help: '1 for each part of a consumer that this process runs: of several replicas, one has each.',
    labelNames: ['part'],
    registers,
    collect() {
      this.reset();
      for (const { held } of consumers()) for (const part of held) this.set({ part }, 1);
    },
  });
  new Gauge({
    name: 'annals_consumer_troubled',
    help: '1 while a consumer tries the same again, for example a reaction whose command gets no answer; /health/ready says what. One that stays at 1 does not end by itself.',
    labelNames: ['consumer'],
    registers,
    collect() {
      this.reset();
      for (const { name, problem } of consumers())
        this.set({ consumer: name }, problem === undefined ? 0 : 1);
    },
  });
  new Gauge({
    name: 'annals_consumer_parked_keys',
    help: 'Keys that wait for a repair: of a view, of a reaction or a payment whose command nobody can take, and sagas that wait for one.',
    labelNames: ['consumer'],
    registers,
    collect() {
      this.reset();
      for (const { name, parkedKeys } of consumers()) this.set({ consumer: name }, parkedKeys);
    },
  });
  new Gauge({
    name: 'annals_consumer_events_handled',
    help: 'Events handled since the start.',
    labelNames: ['consumer'],
    registers,
    collect() {
      this.reset();
      for (const { name, handled } of consumers()) this.set({ consumer: name }, handled);
    },
  });
}

function measureEngines(registers: Registers, { engines }: Measured): void {
  new Gauge({
    name: 'annals_engine_up',
    help: '1 while an engine answers, 0 from when it failed until it answers again; /health/ready says with what.',
    labelNames: ['engine', 'address'],
    registers,
    collect() {
      for (const { name, standing } of engines) {
        const { address, state } = standing();
        this.set({ engine: name, address }, state === 'up' ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'annals_engine_errors',
    help: 'Calls that an engine has failed at since the start.',
    labelNames: ['engine', 'address'],
    registers,
    collect() {
      for (const { name, standing } of engines) {
        const { address, errors } = standing();
        this.set({ engine: name, address }, errors);
      }
    },
  });
}

function measureNoticesWaiting(registers: Registers, { noticesWaiting }: Measured): void {
  if (noticesWaiting === undefined) return;
  new Gauge({
    name: 'annals_payment_notices_waiting',
    help: 'Signed notices of payment providers that nothing could follow, or match yet, and nobody has handled.',
    registers,
    async collect() {
      // A view that cannot be asked (a key of it is parked) must not take the other numbers with it.
      this.set(await noticesWaiting().catch(() => Number.NaN));
    },
  });
}

function measureNoticesUnread(registers: Registers, { noticesUnread }: Measured): void {
  if (noticesUnread === undefined) return;
  new Gauge({
    name: 'annals_payment_notices_unread',
    help: 'Bodies with the signature of a payment provider that were refused unread since the start, by status: 413 too long, 415 in an encoding. Nothing of them is kept; the log tells of them.',
    labelNames: ['status'],
    registers,
    collect() {
      this.reset();
      for (const [status, count] of noticesUnread()) this.set({ status: String(status) }, count);
    },
  });
}

function measureMails(registers: Registers, { mails }: Measured): void {
  if (mails === undefined) return;
  new Gauge({
    name: 'annals_mails',
    help: 'Mails that have ended since the start, by what became of them: done, refused for good, erased with whom they were to or about, or given up late.',
    labelNames: ['became'],
    registers,
    collect() {
      for (const [became, count] of Object.entries(mails()?.became ?? {})) this.set({ became }, count);
    },
  });
  new Gauge({
    name: 'annals_mails_sent_again',
    help: 'Mails sent again since the start under the same id, because nobody knew what had become of them: each may have arrived twice.',
    registers,
    collect() {
      this.set(mails()?.sentAgain ?? 0);
    },
  });
  new Gauge({
    name: 'annals_mails_waiting',
    help: 'Mails that are still to be sent.',
    registers,
    collect() {
      this.set(mails()?.waiting ?? 0);
    },
  });
}

function measureCertificates(registers: Registers, { certificates }: Measured): void {
  if (certificates === undefined) return;
  new Gauge({
    name: 'annals_tls_certificate_ends_timestamp_seconds',
    help: 'When the certificate ends that is shown to people, or to other roles, in seconds since 1970.',
    labelNames: ['to'],
    registers,
    collect() {
      for (const { way, at } of certificates()) this.set({ to: way }, Date.parse(at) / 1_000);
    },
  });
}

/** `GET /metrics` in the text format of Prometheus: the process, the write side's queues, every consumer, as far as they are here. */
export function metrics(measured: Measured): Router {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const all = [
    ...[measureCommands, measureBusCommands, measureConsumers, measureLag, measureEngines],
    ...[measureNoticesWaiting, measureNoticesUnread, measureMails, measureCertificates],
  ];
  for (const measure of all) measure([registry], measured);

  const router = Router();
  router.get('/metrics', async (_request, response) => {
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  return router;
}

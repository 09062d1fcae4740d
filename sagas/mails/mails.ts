import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { MailTable } from '#domain/kernel/mails.ts';
import type { Consume, ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { MailLedger, MailSummary } from '#domain/kernel/ports/mail-ledger.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { every } from '#runtime/pause.ts';
import { type PostmanOptions, type PostmanStatus, postman } from './postman.ts';
import { MAILS, takeMails } from './taking.ts';
import { tablesOf } from './writing.ts';

export interface MailsOptions extends Omit<PostmanOptions, 'table' | 'ledger' | 'store' | 'registry'> {
  readonly tables: readonly MailTable[];
  readonly ledger: MailLedger;
  readonly consume: Consume;
  readonly consumers: Pick<ConsumerStore, 'checkpoint'>;
  readonly store: Pick<EventStore, 'readAll' | 'head'>;
  readonly registry: Registry;
  /** What stands behind the `@` of ids: ours, so that whoever looks at mails finds it in place. */
  readonly domain: string;
}

export interface MailsStatus extends PostmanStatus, MailSummary {}

export interface Mails {
  readonly consumer: () => ConsumerStatus;
  /** As it was a moment ago. */
  status(): MailsStatus;
  stop(): Promise<void>;
}

/** Between two looks how many wait, for whoever asks. */
const LOOK_MS = 1_000;

/**
 * Where a new ledger begins: behind what has been read before, or, where nobody knows that either, behind all that stands. Nobody is
 * written to about what happened before there were mails, or before the file of them was lost.
 */
async function firstOf({ consumers, store }: MailsOptions): Promise<bigint> {
  return (await consumers.checkpoint(MAILS)) ?? (await store.head());
}

/** Takes down which mails the history asks for, and sends each. @throws StoreError where what became of them cannot be read */
export async function startMails(options: MailsOptions): Promise<Mails> {
  const { tables, ledger, consume, registry, domain, clock } = options;
  const table = tablesOf(tables);
  const from = await ledger.begin(await firstOf(options));
  let summary = await ledger.summary();
  let looking: 'not' | 'once' | 'again' = 'not';
  async function look(): Promise<void> {
    const isLooking = looking !== 'not';
    looking = isLooking ? 'again' : 'once';
    if (isLooking) return;
    // Where it cannot be asked, its standing tells of it.
    summary = await ledger.summary().catch(() => summary);
    const isChanged = (looking as string) === 'again';
    looking = 'not';
    if (isChanged) await look();
  }
  const sending = postman({ ...options, table, noted: () => void look() });
  const stopLooking = every(clock, LOOK_MS, () => void look());
  const nowMs = () => millisecondsOf(clock.now());
  const taking = takeMails({ ...{ table, registry, ledger, domain, nowMs }, taken: () => sending.wake() });
  const consumer = await consume(taking, { from });
  return {
    consumer: () => consumer.status(),
    status: () => ({ ...summary, ...sending.status() }),
    async stop() {
      await consumer.stop();
      stopLooking();
      await sending.stop();
      await ledger.close();
    },
  };
}

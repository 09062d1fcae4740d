import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import { untilItWorks } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { type Mails, type MailsOptions, type MailsStatus, startMails } from '#sagas/mails/mails.ts';
import { MAILS } from '#sagas/mails/taking.ts';
import { healthOf } from './health.ts';
import type { Health } from './http.ts';
import { notBegun } from './not-begun.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** Whoever sends mails, through all that becomes of their file. */
export interface MailsAtWork {
  consumers(): readonly ConsumerStatus[];
  /** Undefined as long as it has not begun. */
  status(): MailsStatus | undefined;
  problem(): string | undefined;
  stop(): Promise<void>;
}

/** A file of mails that cannot be used is a problem of mails: nobody else waits for it. */
export function sendMails(options: MailsOptions): MailsAtWork {
  const { clock, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let mails: Mails | undefined;
  let problem: string | undefined;

  const begin = async (): Promise<void> => {
    mails = await startMails(options);
    problem = undefined;
  };
  const beginning = untilItWorks(begin, {
    ...{ clock, signal, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
    failed(error, failures) {
      problem = reasonOf(error);
      if (failures === 1) log.warn({ err: error }, 'no mail can be sent yet');
    },
  });

  return {
    consumers: () => [mails?.consumer() ?? notBegun(MAILS, problem)],
    status: () => mails?.status(),
    problem: () => problem ?? mails?.status().problem,
    async stop() {
      stopping.abort();
      await beginning;
      await (mails?.stop() ?? options.ledger.close());
    },
  };
}

/** What waits and what was laid aside needs somebody, and holds up nobody. */
export function healthOfMails(mails: Pick<MailsAtWork, 'consumers' | 'status' | 'problem'>): Health[string] {
  const { ready, detail } = healthOf(mails.consumers());
  const { waiting = 0, ended, lastLaidAside } = mails.status() ?? {};
  const aside = (ended?.refused ?? 0) + (ended?.late ?? 0);
  const problem = mails.problem();
  const told = [
    ...(detail === undefined ? [] : [detail]),
    ...(problem === undefined || detail?.includes(problem) ? [] : [problem]),
    ...(waiting === 0 ? [] : [`${waiting} wait`]),
    ...(aside === 0 ? [] : [`${aside} laid aside`]),
    ...(lastLaidAside === undefined
      ? []
      : [`the last, of ${lastLaidAside.template || 'no template'}: ${lastLaidAside.words}`]),
  ];
  return {
    ready: ready && problem === undefined,
    spared: true,
    ...(told.length === 0 ? {} : { detail: told.join('; ') }),
  };
}

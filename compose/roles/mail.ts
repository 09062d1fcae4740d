import { mailTables, registry } from '../contexts.ts';
import { developmentOutbox, outboxOperations } from '../development-outbox.ts';
import { openMailer, openMailLedger } from '../mail.ts';
import { healthOfMails, type MailsAtWork, sendMails } from '../mails.ts';
import { offered } from '../production.ts';
import type { RunningRole, Surroundings } from './role.ts';

/** Writes to people, where the contexts say so; from when it is known where they are sent to. */
export async function mailPart({ engines, config, log }: Surroundings): Promise<RunningRole> {
  const { personKeys: keys, machineClock: clock, store, readStore, workOf } = engines;
  const { mailer, outbox, domain } = await openMailer(config, { keys, clock });
  const { consume } = workOf('sagas');
  const isShown = offered(config).outbox;
  let mails: MailsAtWork | undefined;
  return {
    routers: isShown ? [developmentOutbox(outbox)] : [],
    development: isShown ? outboxOperations : [],
    engines: [{ name: 'mail', standing: () => mailer.standing() }],
    consumers: () => mails?.consumers() ?? [],
    health: () => (mails === undefined ? {} : { mails: healthOfMails(mails) }),
    measured: { mails: () => mails?.status() },
    opened({ publicUrl }) {
      if (mailTables.length === 0) return;
      mails = sendMails({
        ...{ tables: mailTables, registry, store, consume, keys, mailer, domain, clock, log },
        ...{ ledger: openMailLedger(config, clock), consumers: readStore.consumers },
        publicUrl: () => publicUrl,
        house: config.house,
      });
    },
    async stop() {
      await mails?.stop();
      await mailer.close();
    },
  };
}

import type { Config } from '#config';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Mailer } from '#domain/kernel/ports/mail.ts';
import type { MailLedger } from '#domain/kernel/ports/mail-ledger.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { mailsFileIn, outboxFileIn } from '#engines/folder.ts';
import { sqliteMailLedger } from '#engines/mail/ledger/ledger.ts';
import { type Outbox, outbox } from '#engines/mail/outbox.ts';
import { accessOf } from './access.ts';

/** Behind the `@` of ids where mails come from nobody's address. */
const NOWHERE = 'annals.invalid';

export interface MailEngine {
  readonly mailer: Mailer;
  /** The same, where mails go nowhere. */
  readonly outbox: Pick<Outbox, 'kept'> | undefined;
  /** What stands behind the `@` of ids. */
  readonly domain: string;
}

interface Beside {
  readonly keys: PersonKeys;
  readonly clock: Clock;
}

/** Opens where mails go; a server need not be there yet. @throws UnusableError for a file that lets us in */
export async function openMailer(
  { mail: { at, from, name }, house, dataDir }: Pick<Config, 'mail' | 'house' | 'dataDir'>,
  { keys, clock }: Beside,
): Promise<MailEngine> {
  if (at.engine === 'outbox' || from === undefined) {
    const kept = outbox({ file: outboxFileIn(dataDir), keys, now: () => clock.now() });
    return { mailer: kept, outbox: kept, domain: NOWHERE };
  }
  const { credentials, authority } = await accessOf('MAIL', at.files);
  const { host, port, tls, address } = at;
  // Loaded where it is wanted: whoever sends no mails need not wait for it.
  const { smtpMailer } = await import('#engines/mail/smtp.ts');
  const access = { credentials, authority: authority?.text };
  const mailer = smtpMailer({
    ...{ host, port, tls, address, from, name, clock },
    fromName: house.name,
    ...access,
  });
  return { mailer, outbox: undefined, domain: from.slice(from.indexOf('@') + 1) };
}

/** What became of each mail, made with the first question. */
export const openMailLedger = ({ dataDir }: Pick<Config, 'dataDir'>, clock: Clock): MailLedger =>
  sqliteMailLedger(mailsFileIn(dataDir), () => clock.now());

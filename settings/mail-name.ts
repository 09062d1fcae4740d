import { isIP } from 'node:net';
import { MailDomain } from '#domain/kernel/ports/mail.ts';
import type { Environment } from './environment.ts';

/**
 * How we call ourselves to a server of mail; undefined: no setting has a name for it. Many servers take nobody who greets them by a number, as a machine does that has a name without a dot: every container.
 */
export function nameToMail({ MAIL_NAME, MAIL_FROM, PUBLIC_URL }: Environment): string | undefined {
  const host = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL).hostname;
  const names = [host, MAIL_FROM?.slice(MAIL_FROM.lastIndexOf('@') + 1)];
  return MAIL_NAME ?? names.find((name) => isIP(name ?? '') === 0 && MailDomain.safeParse(name).success);
}

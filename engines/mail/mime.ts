import MailComposer from 'nodemailer/lib/mail-composer';
import type { Mail, MailAddress } from '#domain/kernel/ports/mail.ts';

/** Nobody's machine is to answer what a machine has written (RFC 3834, and what Exchange reads). */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } as const;

/** A mail as it goes over the wire: the same bytes however often it is sent. @param name of whoever it comes from, beside the address */
export function mimeOf(mail: Mail, from: MailAddress, name = ''): Promise<Buffer> {
  const { messageId, to, subject, text, html, language, writtenAt } = mail;
  const composed = new MailComposer({
    from: { name, address: from },
    to: { name: '', address: to },
    ...{ subject, text, ...(html !== undefined && { html }) },
    messageId: `<${messageId}>`,
    date: new Date(writtenAt),
    headers: { ...AUTOMATIC, 'Content-Language': language },
    // By default chance makes it.
    baseBoundary: messageId.replace(/@.*/, ''),
    // Whatever a text says, nothing is fetched for it.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  }).compile();
  return composed.build();
}

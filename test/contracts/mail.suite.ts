import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Mail, type Mailer, UnsendableError } from '#domain/kernel/ports/mail.ts';

const { signal } = new AbortController();

export const mailTo = (person: string, more: Partial<Mail> = {}): Mail => ({
  ...{ messageId: `${person}-1@auctions.example`, person, to: `${person}@mail.example` },
  ...{ subject: 'Ваш адрес — é', text: 'Bonjour.\n.\n..une ligne\n', html: '<p lang="fr">Bonjour.</p>' },
  ...{ language: 'fr', writtenAt: '2026-03-01T12:00:00.000Z' },
  ...more,
});

/** A mailer, and the ids of what it has sent, in order. */
export interface GivenMailer {
  readonly mailer: Mailer;
  sent(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What holds of every engine behind the port. */
export function mailSuite(engine: string, given: () => Promise<GivenMailer>): void {
  describe(`mails: ${engine}`, () => {
    const opened: GivenMailer[] = [];
    after(() => Promise.all(opened.map((each) => each.close())));
    async function open(): Promise<GivenMailer> {
      const made = await given();
      opened.push(made);
      return made;
    }

    it('are sent, many at once, and the engine is up', async () => {
      const { mailer, sent } = await open();
      const people = Array.from({ length: 12 }, (_, at) => `p${at}`);
      const outcomes = await Promise.all(people.map((person) => mailer.send(mailTo(person), signal)));
      assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['done']));
      assert.deepEqual([...(await sent())].sort(), people.map((person) => mailTo(person).messageId).sort());
      assert.equal(mailer.standing().state, 'up');
    });

    it('that could begin another header, or go to another address, are sent by nobody', async () => {
      const { mailer, sent } = await open();
      const wrong: readonly Partial<Mail>[] = [
        ...['a\r\nBcc: eve@evil.example', 'a\nb', 'a\rb', 'a\u2028b', 'a\0b', '', 'a'.repeat(201)].map(
          (subject) => ({ subject }),
        ),
        ...[
          ...[
            'ann@mail.example\r\nRCPT TO:<eve@evil.example>',
            'Ann <ann@mail.example>',
            '<ann@mail.example>',
          ],
          ...[
            'ann@mail.example, eve@evil.example',
            'ann@mail.example ',
            '"ann"@mail.example',
            'ann',
            'ann@mail',
          ],
          ...[
            'ann@@mail.example',
            'a..b@mail.example',
            'ann@-mail.example',
            'ann@[127.0.0.1]',
            'ann@mail.example>',
          ],
          ...[
            'änn@mail.example',
            `${'a'.repeat(65)}@mail.example`,
            `ann@${'m'.repeat(63)}.${'e'.repeat(200)}`,
          ],
        ].map((to) => ({ to })),
        ...['', 'a@b', '<a@b.example>', 'a@b.example>\r\nX: y', 'a b@c.example'].map((messageId) => ({
          messageId,
        })),
        ...[
          { text: '' },
          { text: 'a\rb' },
          { text: 'a\0b' },
          { text: 'a'.repeat(70_000) },
          { html: 'a\x1bb' },
        ],
        ...[{ language: 'xx' as never }, { writtenAt: 'yesterday' }, { bcc: 'eve@evil.example' } as never],
      ];
      for (const part of wrong)
        await assert.rejects(
          mailer.send(mailTo('ann', part), signal),
          (error: Error) => {
            assert.ok(error instanceof UnsendableError);
            // What it names may be told to anybody.
            assert.doesNotMatch(error.message, /evil|Bcc|mail\.example\b(?!$)/);
            return true;
          },
          JSON.stringify(part).slice(0, 80),
        );
      assert.deepEqual(await sent(), []);
      assert.equal(mailer.standing().errors, 0, 'it was not asked');
    });
  });
}

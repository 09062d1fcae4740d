import { profileStream } from '#domain/accounts/profile/messages.ts';
import { SessionOpened, sessionsStream } from '#domain/accounts/sessions/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { opened } from '#domain/kernel/personal.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Known } from '#write-side/accounts/known.ts';
import type { OwnAccount, OwnSession } from '#write-side/accounts/pages/ports.ts';
import { OWN_CLIENT } from '#write-side/accounts/provider/own-client.ts';
import type { Browsers } from '#write-side/accounts/sign-ins.ts';

/** Events that are read in one go. */
const PAGE = 100;

/** What people see of themselves, read from their own streams: deciders keep no texts, and views may be behind. */
export function ownAccountOf(options: {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly registry: Pick<Registry, 'decode'>;
  readonly personKeys: Pick<PersonKeys, 'find'>;
  readonly known: Pick<Known, 'account' | 'client' | 'sessions'>;
  readonly lastUsed: Browsers['lastUsed'];
}): OwnAccount {
  const { store, registry, personKeys, known, lastUsed } = options;

  async function* backwards(stream: string): AsyncGenerator<RecordedEvent> {
    let last = Number.POSITIVE_INFINITY;
    while (last > 0) {
      const from = Number.isFinite(last) ? { from: last - 1 } : {};
      const page = await store.readStream(stream, { ...from, direction: 'backwards', limit: PAGE });
      for (const event of page) yield registry.decode(event);
      last = page.at(-1)?.revision ?? 0;
    }
  }

  async function timesOf(session: string, { recordedAt: openedAt }: Pick<RecordedEvent, 'recordedAt'>) {
    const usedAt = (await lastUsed(session)) ?? openedAt;
    return { openedAt, lastUsedAt: usedAt > openedAt ? usedAt : openedAt };
  }

  return {
    async profile(person) {
      const [last] = await store.readStream(profileStream({ person }), { direction: 'backwards', limit: 1 });
      if (last === undefined) return undefined;
      const told = registry.decode(last).data as Readonly<Record<string, unknown>>;
      const keys = await personKeys.find([person]);
      const [name, address] = [opened(told.name, keys), opened(told.address, keys)];
      if (name === undefined || address === undefined) return undefined;
      return { name, address, phone: opened(told.phone, keys) };
    },

    async sessions(person) {
      // The decider knows which are open; where and by what they were opened stands in the events, most of them near the end.
      const sought = new Set((await known.sessions(person)).map(({ session }) => session));
      const keys = await personKeys.find([person]);
      const open: OwnSession[] = [];
      // Another password ends them all, a moment later: until then they are not to be seen by whoever has taken the account over.
      const since = (await known.account(person))?.verifierAt;
      if (sought.size === 0 || since === undefined) return open;
      for await (const event of backwards(sessionsStream({ person }))) {
        if (event.type !== SessionOpened.type) continue;
        const { session, client, address, browser, expiresAt } = event.data as ReturnType<
          typeof SessionOpened
        >['data'];
        if (!sought.delete(session) || event.metadata.occurredAt < since) continue;
        const system = client === OWN_CLIENT ? undefined : ((await known.client(client))?.name ?? client);
        const told = { session, expiresAt, ...(await timesOf(session, event)) };
        open.push({ ...told, system, address: opened(address, keys), browser: opened(browser, keys) });
        if (sought.size === 0) break;
      }
      return open;
    },
  };
}

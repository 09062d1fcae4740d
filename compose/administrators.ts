import { accountStream, RoleGranted } from '#domain/accounts/account/messages.ts';
import type { Position } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { registry } from './contexts.ts';

const filter = { streams: [accountStream.prefix], types: [RoleGranted.type] };

/** Who was ever made an administrator, the last first: most often it is the end of the history that tells. @throws StoreError */
export async function* grantedAdministrators(
  store: Pick<EventStore, 'readAll'>,
): AsyncGenerator<PersonId, void> {
  for (let before: Position | undefined; ; ) {
    const page = await store.readAll({
      ...{ direction: 'backwards', limit: storeLimits.pageEvents, filter },
      ...(before !== undefined && { after: before }),
    });
    for (const stored of page.events) {
      const event = registry.decode(stored);
      if (isRecorded(event, RoleGranted) && event.data.role === 'admin') yield event.data.person;
    }
    if (page.end) return;
    before = page.through;
  }
}

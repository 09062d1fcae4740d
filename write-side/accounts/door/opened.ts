import { saidBy } from '#domain/accounts/links.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { unavailableBy } from '#domain/kernel/store-failure.ts';
import { appoint } from './appointing.ts';
import type { Done, Door } from './door.ts';
import { emailChanges } from './email.ts';
import { exporting } from './export.ts';
import { linked } from './links.ts';
import type { DoorParts } from './parts.ts';
import { passwordChanges } from './passwords.ts';
import { registering } from './registering.ts';
import { secondFactors } from './second-factors.ts';
import { signingIn } from './signing-in.ts';
import { standings } from './standing.ts';

type Ask = (...asked: never[]) => Promise<unknown>;

/** What is too much, or away, is a no like any other. */
const answering =
  (ask: Ask): Ask =>
  async (...asked) => {
    try {
      return await ask(...asked);
    } catch (error) {
      const rejection = error instanceof RejectedError ? error.rejection : unavailableBy(error);
      if (rejection === undefined) throw error;
      return rejection;
    }
  };

type Reaching = ReturnType<typeof registering> &
  ReturnType<typeof passwordChanges> &
  ReturnType<typeof emailChanges>;

/** By what people show that an address is theirs: it may be the one that the operator waits for. */
function reaching(parts: DoorParts): Reaching {
  const door: Reaching = { ...registering(parts), ...passwordChanges(parts), ...emailChanges(parts) };
  const then = async (done: Promise<Done>, token: string): Promise<Done> => {
    const refusal = await done;
    const by = saidBy(token)?.person;
    if (refusal === undefined && by !== undefined) await appoint(parts, by);
    return refusal;
  };
  return {
    ...door,
    verifyEmail: (link, visitor) => then(door.verifyEmail(link, visitor), link.token),
    reset: (asked, visitor) => then(door.reset(asked, visitor), asked.token),
    changeEmail: (link, visitor) => then(door.changeEmail(link, visitor), link.token),
  };
}

/** The door. What a store or a queue has against it is answered; whatever else it throws is a mistake of ours. */
export function openDoor(parts: DoorParts): Door {
  const door: Door = {
    ...signingIn(parts),
    ...reaching(parts),
    ...secondFactors(parts),
    ...standings(parts),
    ...exporting(parts),
    ...linked(parts),
  };
  const asks = Object.entries(door).map(([name, ask]) => [name, answering(ask as Ask)]);
  return Object.fromEntries(asks) as unknown as Door;
}

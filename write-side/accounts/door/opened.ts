import { RejectedError } from '#domain/kernel/rejections.ts';
import { unavailableBy } from '#domain/kernel/store-failure.ts';
import type { Door } from './door.ts';
import { emailChanges } from './email.ts';
import { exporting } from './export.ts';
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

/** The door. What a store or a queue has against it is answered; whatever else it throws is a mistake of ours. */
export function openDoor(parts: DoorParts): Door {
  const door: Door = {
    ...registering(parts),
    ...signingIn(parts),
    ...passwordChanges(parts),
    ...emailChanges(parts),
    ...secondFactors(parts),
    ...standings(parts),
    ...exporting(parts),
  };
  const asks = Object.entries(door).map(([name, ask]) => [name, answering(ask as Ask)]);
  return Object.fromEntries(asks) as unknown as Door;
}

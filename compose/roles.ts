import type { PlatformRole } from '#config';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { viewReader } from '#projections/runtime/reader.ts';
import { views } from './contexts.ts';
import { revokingPart } from './revoking.ts';
import { mailPart } from './roles/mail.ts';
import { projectionsRole } from './roles/projections.ts';
import { publisherRole } from './roles/publisher.ts';
import { readApiRole } from './roles/read-api.ts';
import type { RunningRole, Surroundings } from './roles/role.ts';
import { paymentsPart, sagasRole } from './roles/sagas.ts';
import { writeSideRole } from './roles/write-side.ts';

/** For roles that send none. */
const nobodyDecides: Dispatch = () => Promise.reject(new TypeError('this process knows no write side'));

/**
 * Starts what this process does of the platform's work.
 *
 * @param elsewhere decides commands where that is not done here
 * @param begun takes in how each is ended, for a start that comes to nothing behind it
 * @returns in the order in which they stop: whoever comes from outside first, then who sends, and who is told last
 */
export async function startRoles(
  surroundings: Surroundings,
  elsewhere: Dispatch | undefined,
  begun: AsyncDisposableStack,
): Promise<readonly RunningRole[]> {
  const { engines, config } = surroundings;
  const has = (role: PlatformRole): boolean => config.roles.includes(role);
  function kept<R extends RunningRole>(role: R): R {
    begun.defer(async () => role.stop?.());
    return role;
  }

  // Before anybody is let in.
  const letsIn = has('write-side') || has('read-api');
  const revoking = letsIn ? kept(await revokingPart(surroundings)) : undefined;
  const paying = has('sagas') ? kept(paymentsPart(surroundings)) : undefined;
  const write = has('write-side') ? kept(await writeSideRole(surroundings, paying)) : undefined;
  const dispatch = write?.decides ?? elsewhere ?? nobodyDecides;
  const projections = has('projections') ? kept(await projectionsRole(surroundings)) : undefined;
  const sagas = paying && kept(await sagasRole(surroundings, { dispatch, provider: paying.provider }));
  const mails = has('sagas') ? kept(await mailPart(surroundings)) : undefined;
  const { readStore, machineClock } = engines;
  const reader = projections?.reader ?? viewReader({ views, readStore, clock: machineClock });
  const read = has('read-api') ? kept(readApiRole(surroundings, { dispatch, views: reader })) : undefined;
  const publisher = has('publisher') ? kept(publisherRole(surroundings)) : undefined;
  return [read, write, revoking, paying, sagas, mails, publisher, projections].filter(
    (role) => role !== undefined,
  );
}

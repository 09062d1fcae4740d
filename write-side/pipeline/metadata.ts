import type { Metadata } from '#domain/kernel/envelope.ts';
import { ADDRESS, sealedAddress } from '#domain/kernel/personal.ts';
import type { SealedPlace } from '#domain/kernel/ports/person-keys.ts';
import type { ReadyCommand } from './intake.ts';
import { senderOf } from './people.ts';

/** Sealed by the key of whose it is; nothing where they have none any more. What is nobody's is kept as it is. */
function addressOf(
  ready: Pick<ReadyCommand, 'envelope' | 'keys'>,
  place: Omit<SealedPlace, 'field'>,
): string | undefined {
  const { address } = ready.envelope.origin;
  const person = senderOf(ready);
  if (address === undefined || person === undefined) return address;
  const key = ready.keys.get(person);
  return key === undefined || key === 'destroyed'
    ? undefined
    : sealedAddress(key.seal({ ...place, field: ADDRESS }, address));
}

/**
 * Why an event is there. A command from outside begins a chain of its own: it is its own correlation and cause unless its
 * envelope names others.
 */
export function metadataOf(
  ready: Pick<ReadyCommand, 'command' | 'envelope' | 'payload' | 'keys'>,
  { version, occurredAt, place }: { version: number; occurredAt: string; place: Omit<SealedPlace, 'field'> },
): Metadata {
  const { command, envelope, payload } = ready;
  const address = addressOf(ready, place);
  const {
    actor,
    onBehalfOf,
    commandId,
    correlationId = commandId,
    causationId = commandId,
    origin,
  } = envelope;
  return {
    version,
    occurredAt,
    actor: actor.id,
    roles: [...actor.roles],
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    command: command.type,
    commandId,
    payload,
    correlationId,
    causationId,
    origin: { channel: origin.channel, ...(address !== undefined && { address }) },
  };
}

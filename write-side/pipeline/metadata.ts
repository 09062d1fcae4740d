import type { Metadata } from '#domain/kernel/envelope.ts';
import type { ReadyCommand } from './intake.ts';

/**
 * Why an event is there. A command from outside begins a chain of its own: it is its own correlation and cause unless its
 * envelope names others.
 */
export function metadataOf(
  { command, envelope, payload }: Pick<ReadyCommand, 'command' | 'envelope' | 'payload'>,
  version: number,
  occurredAt: string,
): Metadata {
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
    origin: { channel: origin.channel, ...(origin.address !== undefined && { address: origin.address }) },
  };
}

import { derivedId } from './canonical.ts';
import type { Command } from './message.ts';

/** A command a reaction or a saga wants sent. `purpose` tells two of one trigger apart. */
export interface Intent {
  readonly command: Command;
  readonly purpose?: string;
  /** Sent only when it is the turn of the chain in its reaction's line. */
  readonly inTurn?: true;
}

/** The id under which a reaction or saga sends a command: the same for the same trigger, for ever. */
export const intentId = (
  name: string,
  trigger: { stream: string; revision: number },
  intent: Intent,
): string => derivedId(name, trigger.stream, trigger.revision, intent.command.command, intent.purpose ?? '');

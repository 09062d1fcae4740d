import { decider, type FoldedAt } from '../../kernel/decider.ts';
import type { EventOf } from '../../kernel/message.ts';
import { commands, events, inspectorStream, SecretsRead } from './messages.ts';
import { type Inspector, nothingRead } from './reading.ts';

function evolve(
  inspector: Inspector,
  { data }: EventOf<(typeof events)[number]>,
  { position }: FoldedAt,
): Inspector {
  const before = inspector[data.insight];
  // A clock that was set back does not unread anything.
  const until = before !== undefined && before.until > data.readUntil ? before.until : data.readUntil;
  return { ...inspector, [data.insight]: { until, position } };
}

/** One person and what a role has shown them, with whatever token they came. */
export const inspector = decider({
  stream: inspectorStream,
  events,
  commands,
  stateVersion: 1,
  initial: nothingRead,
  evolve,
  decide: {
    RecordReading({ person, insight, readUntil, shownBy }, inspector) {
      if (inspector[insight]?.until === readUntil) return [];
      return [SecretsRead({ person, insight, readUntil, shownBy })];
    },
  },
});

import type { Instant } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';

/**
 * What a role shows of others' secrets: to the roles that are named beside a field that (of a lot its reserve), to overseers all that
 * is secret, maxima among it; to administrators who people are. The words stand in recorded events.
 */
export type Insight = 'reserves' | 'maxima' | 'people';

/** The command that records what somebody is shown, until when, and by which answer; whose context it is of is not asked here. */
export type RecordInsight = (reading: {
  readonly person: string;
  readonly insight: Insight;
  readonly readUntil: Instant;
  readonly shownBy: string;
}) => Command;

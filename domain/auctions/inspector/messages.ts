import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, event, rejection } from '../../kernel/message.ts';
import { stream } from '../../kernel/stream.ts';

// Streams `inspector-<person>`: what somebody has been shown of others' secrets. Events are stored for ever.

/** What a role shows: to staff the reserves of lots, to auditors and investigators all that is secret, maxima among it, to administrators who people are. */
export const Insight = z.enum(['reserves', 'maxima', 'people']).meta({
  id: 'Insight',
  description:
    'What somebody was shown of others’ secrets: reserves, or all of them; or who people are, and nothing else.',
});
export type Insight = z.output<typeof Insight>;

/** Which answer showed it: an operation of the read side, or a field of a type. */
const ShownBy = z.string().min(1).max(64);
const reading = { person: PersonId, insight: Insight, readUntil: Instant, shownBy: ShownBy } as const;

export const SecretsRead = event('SecretsRead', {
  version: 2,
  // The first version knew no `people`.
  upcasts: { 1: (data) => data },
  published: false,
  description:
    'A role has shown a person what is secret and not theirs. It stands for all that they read until `readUntil`; `shownBy` is the first of it.',
  data: reading,
});
export const events = [SecretsRead] as const;

export const HasReadSecrets = rejection('has_read_secrets', {
  message:
    'You have been shown what is secret here. Leave it to others; what comes to the house after `readUntil` is free to you.',
  details: { readUntil: Instant },
  status: 403,
});

/** The streams of what somebody has been shown. */
export const inspectorStream = stream('inspector', ({ person }: { person: PersonId }) => person);

export const RecordReading = command('RecordReading', {
  description: 'Records that a person is shown what is secret, before it is shown.',
  from: 'internal',
  data: reading,
  stream: inspectorStream,
});
export const commands = [RecordReading] as const;

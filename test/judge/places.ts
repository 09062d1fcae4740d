import { type Complain, isText, object, type RawEvent, type Rules } from './raw.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const CHANNELS = ['http', 'graphql', 'websocket', 'webhook', 'bus', 'reaction', 'saga', 'timer', 'cli'];
/** What belongs to a person, whatever they may do besides. */
const OWN = ['account', 'sessions'];
const TEXTS = ['actor', 'command', 'commandId', 'payload', 'correlationId', 'causationId'] as const;

export interface PlacesOptions {
  /** The clock of the history may have been set back: an event may be recorded before its forerunner. */
  readonly clockMayGoBack: boolean;
  /** How far the clock of a process may be ahead of the history's, in milliseconds. */
  readonly clocksApartMs: number;
}

/** Order and reason: positions rise, streams have no gap, ids are used once, and every event says why it is there. */
export function places({ clockMayGoBack, clocksApartMs }: PlacesOptions): Rules {
  const revisions = new Map<string, number>();
  /** By event id. */
  const correlations = new Map<string, unknown>();
  /** Where each command (stream, actor, id) has written last, and what it was. */
  const commands = new Map<string, { revision: number; payload: unknown }>();
  let before = 0n;
  let recorded = '';

  function place({ eventId, stream, revision, position, recordedAt }: RawEvent, complain: Complain): void {
    if (revision !== (revisions.get(stream) ?? -1) + 1) complain('its stream has a gap');
    revisions.set(stream, revision);
    if (position <= before) complain('it does not stand behind the event before it');
    before = position;
    if (!MOMENT.test(recordedAt)) complain('nobody knows when it was recorded');
    if (recordedAt < recorded && !clockMayGoBack) complain('recorded before the one before');
    recorded = recordedAt;
    if (!UUID_V7.test(eventId)) complain(`${eventId} is no UUIDv7`);
    if (correlations.has(eventId)) complain('its id was used before');
  }

  /** Who, by which command, because of what, from where, and when. */
  function reason({ stream, recordedAt, metadata }: RawEvent, complain: Complain): void {
    for (const field of TEXTS) if (!isText(metadata[field])) complain(`no ${field}`);
    const { version, occurredAt, roles, origin } = metadata;
    if (!Number.isInteger(version) || Number(version) < 1) complain('no version');
    if (typeof occurredAt !== 'string' || !MOMENT.test(occurredAt)) complain('no occurredAt');
    else if (Date.parse(occurredAt) > Date.parse(recordedAt) + clocksApartMs && !clockMayGoBack)
      complain('it occurred after it was recorded');
    // About their own account, and where they are signed in, people decide in no role: they may have none yet, or no more.
    const isOwn = OWN.some((category) => stream === `${category}-${metadata.actor}`);
    if (!Array.isArray(roles) || (roles.length === 0 && !isOwn)) complain('nobody knows in which role');
    if (!CHANNELS.includes(String(object(origin).channel))) complain('nobody knows from where');
  }

  /** A command is decided once: all its events in a stream stand together. */
  function decidedOnce({ stream, revision, metadata }: RawEvent, complain: Complain): void {
    const { actor, commandId, payload } = metadata;
    const name = `${stream} ${actor} ${commandId}`;
    const known = commands.get(name);
    if (known !== undefined && known.revision !== revision - 1) complain(`${commandId} was decided twice`);
    if (known !== undefined && known.payload !== payload) complain(`${commandId} has two payloads`);
    commands.set(name, { revision, payload });
  }

  function cause({ eventId, data, metadata }: RawEvent, complain: Complain): void {
    const { commandId, correlationId, causationId, origin } = metadata;
    const answered = object(data.input).commandId;
    const known = correlations.has(String(causationId));
    if (!known && causationId !== commandId && causationId !== answered) complain('its cause is unknown');
    if (
      object(origin).channel === 'reaction' &&
      known &&
      correlations.get(String(causationId)) !== correlationId
    )
      complain('its correlation is not that of its cause');
    correlations.set(eventId, correlationId);
  }

  return {
    see(event, complain) {
      place(event, complain);
      reason(event, complain);
      decidedOnce(event, complain);
      cause(event, complain);
    },
    atRest() {},
  };
}

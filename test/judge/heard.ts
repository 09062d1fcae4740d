import { isDeepStrictEqual } from 'node:util';
import type { RawHistory } from './database.ts';
import type { Heard } from './log.ts';
import { type Complain, list, object, type RawEvent, text } from './raw.ts';
import { positionIn } from './tokens.ts';

// What clients heard over HTTP against the history: nothing that was told is lost or otherwise, and nothing is there twice.

/** Statuses that speak of the moment: the command is still open, or nobody knows. */
const isFinal = ({ status }: Heard): boolean => status === 200 || (status >= 400 && status < 500);
const isTold = (heard: Heard): boolean => text(object(heard.body).token) !== '';

/** Every field that was told stands so in what is stored; what is secret was not told. */
const agrees = (told: unknown, stored: unknown): boolean =>
  Object.entries(object(told)).every(([name, value]) => isDeepStrictEqual(value, object(stored)[name]));

function indexed(events: readonly RawEvent[]) {
  const byCommand = Map.groupBy(events, ({ metadata }) => `${metadata.actor} ${metadata.commandId}`);
  return (person: string, commandId: string): readonly RawEvent[] =>
    byCommand.get(`${person} ${commandId}`) ?? [];
}

/** The outcome of a bid is what its answer said. */
function bidOutcome(told: boolean, placed: RawEvent, events: readonly RawEvent[], complain: Complain): void {
  const { bidId } = placed.data;
  const decided = events.find(
    ({ type, data }) =>
      ((type === 'BidAccepted' || type === 'BidRefused') && data.bidId === bidId) ||
      (type === 'FundsRefused' && data.claimId === bidId),
  );
  if ((decided?.type === 'BidAccepted') !== told)
    complain(`the bid was told ${told ? 'accepted' : 'refused'}, and is ${decided?.type ?? 'open'}`);
}

export interface HeardCounts {
  /** Commands that were answered for good. */
  readonly acknowledged: number;
  /** Further answers for good to the same commands. */
  readonly repeats: number;
}

/** Judges every answer of a log. */
export function judgeHeard(
  { events, epoch }: RawHistory,
  heard: readonly Heard[],
  complain: Complain,
): HeardCounts {
  const ofCommand = indexed(events);
  const bids = events.filter(({ type }) => ['BidAccepted', 'BidRefused', 'FundsRefused'].includes(type));
  const positions = new Set(events.map(({ position }) => position));
  const answers = Map.groupBy(heard, ({ person, commandId }) => `${person} ${commandId}`);
  let acknowledged = 0;
  let repeats = 0;

  function judgeOne(answer: Heard, about: Complain): void {
    const body = object(answer.body);
    const position = positionIn(epoch, text(body.token));
    if (position !== undefined && !positions.has(position))
      about(`the answer stands on ${position}: it is lost`);
    const stored = ofCommand(answer.person, answer.commandId);
    const told = list(body.events);
    if (answer.status !== 200) {
      if (isTold(answer) && stored.length === 0) about('its refusal is recorded nowhere');
    } else {
      const own = stored.filter(({ stream }) => stream === body.stream);
      if (told.length > 0 && own.length !== told.length)
        about(`${told.length} events were told, ${own.length} are in the history`);
      own.forEach((event, at) => {
        if (event.type !== told[at]?.type || !agrees(told[at].data, event.data))
          about(`${event.type} at ${event.position} is not what was told: ${JSON.stringify(told[at])}`);
      });
    }
    const placed = stored.find(({ type }) => type === 'BidPlaced');
    if (placed !== undefined) bidOutcome(answer.status === 200, placed, bids, about);
  }

  for (const [name, all] of answers) {
    const about: Complain = (problem) => complain(`${all[0]?.path} of ${name}: ${problem}`);
    const final = all.filter(isFinal);
    if (final.length > 0) acknowledged += 1;
    repeats += Math.max(0, final.length - 1);
    for (const answer of final) judgeOne(answer, about);
    // What wrote nothing may be decided anew; once something was written, every answer is the same.
    const from = final.findIndex((answer) => isTold(answer));
    const first = final[from];
    for (const again of final.slice(from + 1))
      if (first !== undefined && !isDeepStrictEqual(again, first))
        about(`was told ${JSON.stringify(first.body)}, then ${again.status} ${JSON.stringify(again.body)}`);
  }
  return { acknowledged, repeats };
}

import { type Complain, type Json, object, type RawEvent, type Rules, text } from './raw.ts';

/** Whoever acts for nobody: reactions, sagas and the webhook. */
const isPlatform = (actor: string): boolean => actor.startsWith('system.');

function bodyOf({ body }: Json): Json {
  try {
    return object(JSON.parse(text(body)));
  } catch {
    // A notice may be anything at all.
    return {};
  }
}

/**
 * Notices that nothing can follow wait for a person, each of them; a person takes one off the list that is on it, once, and not one
 * about their own money.
 */
export function notices(): Rules {
  /** By payment. */
  const persons = new Map<string, string>();
  /** By stream: the payment that it names, until somebody has seen to it. */
  const waiting = new Map<string, string>();
  const handled = new Set<string>();
  /** Payment and id of every notice that was kept, and of those that were refused. */
  const kept = new Set<string>();
  const refused = new Set<string>();

  function handle({ stream, metadata }: RawEvent, complain: Complain): void {
    const actor = text(metadata.actor);
    if (handled.has(stream)) complain('somebody has seen to it before');
    handled.add(stream);
    // What it is about may be told before it is on the list.
    if (isPlatform(actor)) return;
    const payment = waiting.get(stream);
    if (payment === undefined) complain('no such notice waits');
    else if (persons.get(payment) === actor) complain('somebody has seen to a notice about their own money');
  }

  return {
    see(event, complain) {
      const { type, stream, data } = event;
      if (type === 'TopUpInitiated' || type === 'PayoutInitiated')
        persons.set(text(data.paymentId), text(data.person));
      else if (type === 'NoticeRefused') refused.add(`${data.paymentId} ${data.noticeId}`);
      else if (type === 'NoticeHandled') handle(event, complain);
      else if (type === 'NoticeKept') {
        const body = bodyOf(data);
        waiting.set(stream, text(body.paymentId));
        kept.add(`${body.paymentId} ${body.noticeId}`);
      }
    },
    atRest(complain) {
      for (const notice of refused)
        if (!kept.has(notice)) complain(`the notice ${notice} was refused, and waits for nobody`);
    },
  };
}

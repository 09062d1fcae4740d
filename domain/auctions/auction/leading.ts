import type { Reply } from '../../kernel/envelope.ts';
import { isRecorded } from '../../kernel/reaction.ts';
import { BidAccepted } from './messages.ts';

/**
 * Whether the bid that a reply is about led when it was decided; a later bid may lead by now. Undefined: it is no answer to a
 * bid, or the bid is not decided yet.
 */
export function bidLeads(reply: Reply): boolean | undefined {
  const decision = reply.outcome === 'accepted' ? reply.decision : undefined;
  if (decision === undefined || !isRecorded(decision, BidAccepted)) return undefined;
  return decision.data.leader === decision.data.bidder;
}

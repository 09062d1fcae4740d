import { amount, type Rules, text } from './raw.ts';

interface Told {
  moved: bigint;
  /** What is said to have gone back, less what is said to be here again. */
  back: bigint;
  booked: bigint;
}

/** By how much an event changes what has moved, what is said to be back, and what is booked of that. */
const changes: Readonly<Record<string, readonly [of: keyof Told, sign: 1n | -1n]>> = {
  TopUpConfirmed: ['moved', 1n],
  PayoutPaid: ['moved', 1n],
  PayoutUnfunded: ['moved', 1n],
  ReversalAnnounced: ['back', 1n],
  ReinstatementAnnounced: ['back', -1n],
  TopUpReversed: ['booked', 1n],
  PayoutReturned: ['booked', 1n],
  TopUpReinstated: ['booked', -1n],
};

/** Of a payment as much is booked as gone back as the bank says, and no more than has moved; what is said beyond that waits for somebody. */
export function reversals(): Rules {
  const payments = new Map<string, Told>();
  /** Of which a notice waits that nothing matches. */
  const unmatched = new Set<string>();
  return {
    see({ type, data }) {
      if (type === 'NoticeUnmatched') unmatched.add(text(data.paymentId));
      if (type === 'NoticesMatched') unmatched.delete(text(data.paymentId));
      const [of, sign] = changes[type] ?? [];
      if (of === undefined || sign === undefined) return;
      const id = text(data.paymentId);
      const told = payments.get(id) ?? { moved: 0n, back: 0n, booked: 0n };
      told[of] += sign * amount(data.amount);
      payments.set(id, told);
    },
    atRest(complain) {
      for (const [id, { moved, back, booked }] of payments) {
        const said = back < 0n ? 0n : back;
        const due = said < moved ? said : moved;
        if (booked !== due) complain(`${booked} of the payment ${id} are booked as gone back, not ${due}`);
        if ((back < 0n || back > moved) !== unmatched.has(id))
          complain(
            `${back} of the payment ${id} are said to be back of ${moved}, and somebody waits: ${unmatched.has(id)}`,
          );
      }
    },
  };
}

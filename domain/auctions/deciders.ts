import { type AnyDecider, forget } from '../kernel/decider.ts';
import { auction } from './auction/decider.ts';
import { inspector } from './inspector/decider.ts';
import { lot } from './lot/decider.ts';
import { participant } from './participant/decider.ts';
import { sale } from './sale/decider.ts';

/** Who decides on the streams of this context. */
export const auctionDeciders: readonly AnyDecider[] = [sale, lot, auction, participant, inspector].map(
  forget,
);

import { forget } from '../kernel/decider.ts';
import { debtor } from './debtor/decider.ts';
import { notice } from './notice/decider.ts';
import { payment } from './payment/decider.ts';
import { platform } from './platform/decider.ts';
import { unclaimed } from './unclaimed/decider.ts';
import { wallet } from './wallet/decider.ts';

export const deciders = [
  forget(wallet),
  forget(payment),
  forget(platform),
  forget(unclaimed),
  forget(debtor),
  forget(notice),
];

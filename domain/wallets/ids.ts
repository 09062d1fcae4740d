import type { z } from 'zod';
import { idOfKind } from '../kernel/ids.ts';

export const HoldId = idOfKind('HoldId', 'A hold on funds in one wallet.');
export type HoldId = z.output<typeof HoldId>;
export const ClaimId = idOfKind('ClaimId', 'One reason for a hold, for example one bid.');
export type ClaimId = z.output<typeof ClaimId>;

import { z } from 'zod';
import { idOfKind } from '../kernel/ids.ts';

export const HoldId = idOfKind('HoldId', 'A hold on funds in one wallet.');
export type HoldId = z.output<typeof HoldId>;
export const ClaimId = idOfKind('ClaimId', 'One reason for a hold, for example one bid.');
export type ClaimId = z.output<typeof ClaimId>;

/**
 * Where the house keeps more of a case: what is recorded here is for ever, and people may have to be forgotten. It is a number, so that
 * neither a sentence nor a name alone is one.
 */
export const CaseReference = z
  .string()
  .max(64)
  .regex(/^([A-Za-z][A-Za-z./_-]*)?[0-9][A-Za-z0-9./_-]*$/, 'letters, digits and . / _ -, with a digit')
  .meta({
    id: 'CaseReference',
    description:
      'The number of a case in the house’s own files, where more about it may be kept: up to 64 characters, with a digit.',
  });

import { z } from 'zod';

/** The header's value: bare, or quoted as the draft of the header has it. */
export const IDEMPOTENCY_KEY = /^("[!#-~]{1,64}"|[!#-~]{1,64})$/;

/** Reads the header as the command's id. */
export const IdempotencyKey = z
  .string()
  .regex(IDEMPOTENCY_KEY)
  .transform((key) => key.replaceAll('"', ''));

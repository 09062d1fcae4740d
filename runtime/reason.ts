import { z } from 'zod';

/** Why something failed, in one line, whoever has thrown it. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return error instanceof Error ? error.message : String(error);
};

/** What an error calls itself by, as the system's do (`ENOENT`); undefined: nothing. */
export const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Anything may be thrown; what is kept or passed on is an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

import { z } from 'zod';
import { BEGINNING, type Position } from './envelope.ts';
import { Invalid, OtherHistory, RejectedError } from './rejections.ts';

/** Inside a token: the position, then the name of the history it belongs to. */
const CONTENT = /^(0|[1-9]\d{0,38})@(.{1,128})$/u;

/** How far the history had come for whoever holds it. Opaque: its text may change with every version. */
export const Token = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[A-Za-z0-9_-]+$/, 'a token as it was handed out')
  .meta({
    id: 'Token',
    description:
      'How far the history had come. Hand it to a query or feed to read at least that far: behind the command’s own events, and its outcome if it has one; what follows in the streams of others may come later.',
  });
export type Token = z.output<typeof Token>;

/** The token of a position in the history named `epoch`. Also the cursor of a feed. */
export const tokenOf = (epoch: string, position: Position): Token =>
  Buffer.from(`${position}@${epoch}`).toString('base64url');

/** The token of the moment before the first event: a feed from it brings everything. */
export const tokenOfBeginning = (epoch: string): Token => tokenOf(epoch, BEGINNING);

/**
 * The position a token stands for.
 * @throws RejectedError with `invalid` for a text that is no token, and `other_history` for one of another epoch.
 */
export function readToken(epoch: string, token: string): Position {
  const text = Token.safeParse(token).success ? Buffer.from(token, 'base64url').toString() : '';
  const [, position, history] = CONTENT.exec(text) ?? [];
  if (position === undefined || history === undefined || tokenOf(history, BigInt(position)) !== token)
    throw new RejectedError(
      Invalid({ issues: [{ path: 'token', problem: 'not a token of this platform' }] }),
    );
  if (history !== epoch) throw new RejectedError(OtherHistory({}));
  return BigInt(position);
}

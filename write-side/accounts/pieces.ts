import type { Response } from 'express';

/** Resolves when more can be written, or nobody is there to take it. */
function taken(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/**
 * Answers with a long text, no faster than it is taken; whoever hangs up in the middle is no failure of ours, and no more is read for them.
 *
 * @throws what the pieces throw. It ends the connection, which the port does with whatever is thrown behind the beginning of an answer: a
 * text that only looks whole would be worse.
 */
export async function sendPieces(response: Response, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await taken(response);
  }
  response.end();
}

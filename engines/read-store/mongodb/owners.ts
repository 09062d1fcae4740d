import { type Binary, type ClientSession, type Db, MongoServerError } from 'mongodb';
import type { Tables } from './rows.ts';

/** As many as an owner has at work at once, and some that the driver has given up. */
const SESSIONS_KEPT = 64;
/** So long it is taken as known that a session was told of, in milliseconds: whoever opens the store sweeps what is nobody's. */
const TOLD_MS = 60_000;

/**
 * In which sessions each owner commits. A process that is killed or paused in the midst of a commit leaves a transaction open, which
 * MongoDB ends after a minute; until then nobody else can write what it has written, its lease among it. Whoever takes
 * over, or comes back under the same name, ends it: a transaction that is ended so has written nothing, and an owner that is alive
 * after all repeats its commit and finds itself fenced off.
 *
 * @param tell is told once where the server does not let us do that
 */
export function ownersIn(db: Db, { owners }: Tables, tell: (what: string) => void = () => undefined) {
  let isTold = false;
  /** By owner and session, until when. */
  const told = new Map<string, number>();
  /** Those that are being ended: whoever takes over takes all parts of one at once. */
  const ending = new Map<string, Promise<void>>();
  /** Those who ask here, and what they had left open in an earlier life: a process has one, or a few. */
  const begun = new Map<string, Promise<void>>();
  async function endSessionsOf(owner: string): Promise<void> {
    const there = await owners.findOne({ _id: owner });
    if (there === null || there.sessions.length === 0) return;
    const command = { killSessions: there.sessions.map((id) => ({ id })) };
    try {
      await db.admin().command(command);
    } catch (error) {
      // Nobody has answered: whoever takes over asks for all of it again.
      if (!(error instanceof MongoServerError)) throw error;
      // Where these credentials may not, or the server has no such command, it ends it in its own time.
      if (isTold) return;
      isTold = true;
      tell(`killSessions: ${error.message}: what an owner that was killed has left open ends after a minute`);
    }
  }

  return {
    /**
     * Before the first lease that an owner takes or renews here. One that goes by the same name in each of its lives may have been
     * killed in a commit in the last, and its own leases would wait for the end of that; nothing is open of one that is new.
     */
    begin(owner: string): Promise<void> {
      const begins =
        begun.get(owner) ??
        endSessionsOf(owner).catch((error: unknown) => {
          begun.delete(owner);
          throw error;
        });
      begun.set(owner, begins);
      return begins;
    },
    /** Tells of a session before its first transaction; the driver uses it again for the next ones. */
    async commitsIn(owner: string, { id }: ClientSession): Promise<void> {
      const session: Binary | undefined = id?.id;
      if (session === undefined) return;
      const name = `${owner} ${session.toString('hex')}`;
      const now = performance.now();
      if ((told.get(name) ?? 0) > now) return;
      await owners.updateOne({ _id: owner }, { $pull: { sessions: session } });
      const sessions = { $each: [session], $slice: -SESSIONS_KEPT };
      await owners.updateOne({ _id: owner }, { $push: { sessions } }, { upsert: true });
      for (const [known, until] of told) if (until <= now) told.delete(known);
      told.set(name, now + TOLD_MS);
    },
    /** Ends what an owner that is late, or has ended, has left open. */
    end(owner: string): Promise<void> {
      const ended = ending.get(owner) ?? endSessionsOf(owner).finally(() => ending.delete(owner));
      ending.set(owner, ended);
      return ended;
    },
  };
}
export type Owners = ReturnType<typeof ownersIn>;

/** Removes those who hold nothing; one that is at work is told of again. */
export async function sweepOwners({ owners, consumers }: Tables): Promise<void> {
  const holding = (await consumers.distinct('owner')).filter((owner) => owner !== null);
  await owners.deleteMany({ _id: { $nin: holding } });
}

import { BusError } from '#domain/kernel/ports/bus.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { reasonOf } from './failure.ts';
import { Session, type SessionOptions } from './session.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Who was in the group for so long begins with short pauses again. */
const SETTLED_MS = 30_000;

/**
 * A place in the group of one topic, taken again whenever it is lost. Each topic has a group of its own, because the driver lets one
 * topic that is gone hold up all others of its group.
 */
export function membership(given: Omit<SessionOptions, 'group' | 'joined'> & { readonly name: string }) {
  const { topic, name, kafka, topics, problems, stopping } = given;
  const joined = Promise.withResolvers<void>();
  const group = `${name}.${topic}`;

  async function live(): Promise<void> {
    for (let failures = 1; !stopping.aborted; failures += 1) {
      const beganMs = performance.now();
      try {
        await topics.checkThere(topic);
        if (!stopping.aborted) await new Session({ ...given, group, joined: joined.resolve }).run();
      } catch (error) {
        const told = error instanceof BusError ? error.message : `${kafka.address}: ${reasonOf(error)}`;
        problems.told(topic, told);
        if (performance.now() - beganMs > SETTLED_MS) failures = 1;
      }
      await pause(kafka.clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), stopping);
    }
    problems.over(topic);
    joined.resolve();
  }

  return { joined: joined.promise, ended: live() };
}

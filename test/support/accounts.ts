import { accounts } from '#compose/contexts/accounts.ts';
import { wallets } from '#compose/contexts/wallets.ts';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import type { Register } from '#domain/accounts/login/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { CommandData } from '#domain/kernel/message.ts';
import type { PersonalText, Sealed } from '#domain/kernel/personal.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { forgetting } from '#sagas/accounts/forgetting.ts';
import { startReactions } from '#sagas/runtime/reactions.ts';
import { givenPlatform, type Platform, type PlatformOptions } from './platform.ts';

/** The door as the one who asks. */
export const door = systemActor('door');

/** What is sealed, where a test does not open it. */
export const sealedText = (of: string, text: string): PersonalText =>
  ({
    ...{ of, stream: `account-${of}`, eventId: 'e1', field: 'text', sealed: text },
  }) satisfies Sealed as unknown as PersonalText;

/** Logins as the door names them. */
export const loginNamed = (text: string): string => text.padEnd(43, '_');

export const registrationOf = (person: string, login = loginNamed(person)): CommandData<typeof Register> => ({
  ...{ person, login },
  email: sealedText(person, 'email'),
  verifier: sealedText(person, 'verifier'),
});

/** As the door sends it. */
export const registering = (person: string, login = loginNamed(person)) => ({
  ...{ person, login },
  ...{ email: `${person}@example.org`, verifier: `$argon2id$v=19$${person}` },
});

/** A write side with accounts and wallets, and the keys of its people. */
export function givenAccounts(options: Partial<PlatformOptions> & { readonly personKeys?: PersonKeys } = {}) {
  const personKeys = options.personKeys ?? temporaryPersonKeys();
  const contexts = [accounts, wallets];
  const platform = givenPlatform({
    contexts: contexts.map(({ messages }) => messages),
    deciders: contexts.flatMap(({ deciders }) => deciders),
    workflows: contexts.flatMap(({ workflows }) => workflows),
    reactions: contexts.flatMap(({ reactions }) => reactions),
    ...options,
    personKeys,
  });
  let sent = 0;
  return {
    ...platform,
    personKeys,
    /** The code of what came of it. */
    async tell(command: string, data: object, actor = door, commandId = `c${++sent}`): Promise<string> {
      const origin = { channel: 'http' } as const;
      const reply = await platform.pipeline.dispatch({
        command,
        data,
        commandId,
        actor,
        steppedUp: true,
        origin,
      });
      return reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;
    },
    typesOf: async (stream: string) => (await platform.history(stream)).map(({ type }) => type),
  };
}

/** The consumers of accounts, as one process runs them over what outlives it. Resolves when all that stands there is seen to, or has failed. */
export async function whileFollowing(
  { store, registry, newId }: Platform,
  {
    consumers,
    dispatch,
    personKeys,
  }: {
    readonly consumers: ConsumerStore;
    readonly dispatch: Dispatch;
    readonly personKeys: Pick<PersonKeys, 'destroy'>;
  },
  until: (reached: () => Promise<boolean>) => Promise<unknown>,
): Promise<void> {
  const clock = systemClock();
  const feed = eventFeed(store, { clock });
  const how = { feed, store, consumers, registry, clock, owner: newId() };
  const consume = consumerLoop({ ...how, leaseMs: 200, retryPollMs: 20 });
  const reactions = await startReactions({ reactions: accounts.reactions, consume, dispatch, registry });
  const forgets = await consume(forgetting(personKeys));
  const WAIT_MS = 20_000;
  try {
    await until(async () => {
      const head = await store.head();
      return (await reactions.reached(head, WAIT_MS)) && (await forgets.reached(head, WAIT_MS));
    });
  } finally {
    await forgets.stop();
    await reactions.stop();
    await feed.close();
  }
}

import { z } from 'zod';
import { decider, forget } from '#domain/kernel/decider.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { command, event } from '#domain/kernel/message.ts';
import { ACTOR, type PersonalText, personalInput, personalText } from '#domain/kernel/personal.ts';
import type { Context } from '#domain/kernel/registry.ts';
import { stream } from '#domain/kernel/stream.ts';
import { someText } from '#domain/kernel/text.ts';

// A context as small as one can be that keeps what is about people: streams `diary-<id>`, in which people write about themselves and others.

const Id = z.string().regex(/^[a-z0-9]{1,20}$/);
const diary = stream('diary', ({ diary }: { diary: string }) => diary);

export const Noted = event('Noted', {
  version: 1,
  description: 'Somebody has written about somebody.',
  data: {
    author: PersonId,
    about: PersonId,
    text: personalText({ of: 'about' }),
    mood: personalText({ of: 'author' }).optional(),
    pages: z.int(),
  },
});

export const Note = command('Note', {
  description: 'Writes about somebody.',
  from: ['bidder'],
  data: {
    diary: Id,
    about: PersonId,
    text: personalInput(someText(200), { of: 'about' }),
    mood: personalInput(someText(20), { of: ACTOR }).optional(),
  },
  stream: diary,
});

export interface DiaryState {
  readonly pages: number;
  readonly last: PersonalText | undefined;
}

const diaryDecider = decider({
  stream: diary,
  events: [Noted],
  commands: [Note],
  stateVersion: 1,
  initial: { pages: 0, last: undefined } as DiaryState,
  evolve: ({ pages }, { data }): DiaryState => ({ pages: pages + 1, last: data.text }),
  decide: {
    Note: ({ about, text, mood }, { pages }, { actor }) => [
      Noted({ author: actor.id, about, text, ...(mood !== undefined && { mood }), pages: pages + 1 }),
    ],
  },
});

export const diaryDeciders = [forget(diaryDecider)];

export const diaries: Context = {
  name: 'diaries',
  description: 'What people write about each other.',
  events: [Noted],
  commands: [Note],
};

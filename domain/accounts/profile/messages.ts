import { PersonId } from '../../kernel/ids.ts';
import { command, event, preconditionOf, type RejectionOf, rejection } from '../../kernel/message.ts';
import { ACTOR, personalInput, personalText } from '../../kernel/personal.ts';
import { stream } from '../../kernel/stream.ts';
import { anyText, someText } from '../../kernel/text.ts';
import { GrantableRole } from '../account/events.ts';
import { AccountNotActive, AccountUnknown, EmailNotVerified } from '../account/rejections.ts';

// Streams `profile-<person>`: who somebody is, by their own words, apart from how they come in. This is the permanent storage format.

const ofPerson = { of: 'person' } as const;
const told = {
  person: PersonId,
  name: personalText({ ...ofPerson, and: ['admin'] }),
  /** Its lines, as they are written on a letter. */
  address: personalText(ofPerson),
  phone: personalText(ofPerson).optional(),
};

export const ProfileCreated = event('ProfileCreated', {
  version: 1,
  published: false,
  description: 'Somebody has said who they are, for the first time.',
  data: told,
});
export const ProfileChanged = event('ProfileChanged', {
  version: 1,
  published: false,
  description: 'Somebody has said anew who they are: all of it, what has not changed too.',
  data: told,
});

export const ProfileExists = rejection('profile_exists', {
  message: 'You have a profile already. Change it.',
});
export const ProfileUnknown = rejection('profile_unknown', {
  message: 'You have no profile yet. Create it first.',
  status: 404,
});
export const NoProfile = rejection('no_profile', {
  message: 'An administrator has no profile.',
  status: 403,
});

/** The streams of profiles: a person has one. */
export const profileStream = stream('profile', ({ person }: { person: PersonId }) => person);

/** Everybody but administrators. */
const people = GrantableRole.exclude(['admin']).options;
const own = {
  from: people,
  data: {
    name: personalInput(someText(200), { of: ACTOR }),
    address: personalInput(anyText(500), { of: ACTOR }),
    phone: personalInput(someText(40), { of: ACTOR }).optional(),
  },
  stream: (_: object, { id }: { id: PersonId }) => profileStream({ person: id }),
} as const;

/** Why this person may have no profile. */
export type ProfilePrecondition = {
  readonly refusal?: RejectionOf<
    typeof AccountUnknown | typeof AccountNotActive | typeof EmailNotVerified | typeof NoProfile
  >;
};
const whoever = [AccountUnknown, AccountNotActive, EmailNotVerified, NoProfile] as const;

export const CreateProfile = command('CreateProfile', {
  ...own,
  description: 'Says who you are, for the first time, once you have followed the link in our mail.',
  rejections: [ProfileExists, ...whoever],
  precondition: preconditionOf<ProfilePrecondition>(),
});
export const ChangeProfile = command('ChangeProfile', {
  ...own,
  description: 'Says anew who you are: what you leave out is gone.',
  rejections: [ProfileUnknown, ...whoever],
  precondition: preconditionOf<ProfilePrecondition>(),
});

export const events = [ProfileCreated, ProfileChanged] as const;
export const commands = [CreateProfile, ChangeProfile] as const;

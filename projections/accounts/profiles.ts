import { ProfileChanged, ProfileCreated } from '#domain/accounts/profile/messages.ts';
import { view } from '../view.ts';
import { ProfileDocument } from './documents.ts';

/** Who people are, by their own words. */
export const profilesView = view({
  name: 'profiles',
  version: 1,
  description: 'Who people are, by their own words.',
  document: ProfileDocument,
  on: (when) => [
    when(
      ProfileCreated,
      ProfileChanged,
      (before, { data: { person, name, address, phone }, recordedAt }, id): ProfileDocument => ({
        ...{ id, person, name, address },
        ...(phone !== undefined && { phone }),
        ...{ createdAt: before?.createdAt ?? recordedAt, updatedAt: recordedAt },
      }),
    ),
  ],
  key: ({ data }) => data.person,
  keysBy: { person: (person) => person },
});

import { before, test } from 'node:test';
import { startHere } from '../support/embedded.ts';
import { peopleOf } from '../support/people.ts';
import { changesPassword, registers, seesOwnProfileOnly, type World } from '../support/people-scenarios.ts';

// What people do with their accounts, asked of the platform itself; behind a gateway `npm run test:gateway` asks it.

const { url } = await startHere({});
const people = peopleOf(url);
let world: World;
before(async () => {
  world = { people, web: await people.system('web'), noToken: 'unauthenticated' };
});

test('Register: a profile is reached by nobody before they have signed in, and by its person behind it', () =>
  registers(world));

test('Password Changing: only behind signing in, only with the old one, and then the new one alone opens', () =>
  changesPassword(world));

test('Profile Visibility: nobody is shown the profile of another, whichever way they ask', () =>
  seesOwnProfileOnly(world));

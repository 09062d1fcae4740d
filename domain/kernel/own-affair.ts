import type { Actor } from './actor.ts';
import type { PersonId } from './ids.ts';
import { rejection } from './message.ts';

// Nobody decides for the house about their own money or their own lot. It is a rule of persons, not of tokens: a clerk's token
// makes nobody another person, and neither does one with both roles, nor a system that acts for who has its secret. Deciders ask here and nowhere else. What everybody may do
// with what is theirs (amend a lot at rest, claim what is owed to them) stays free, whatever roles they have besides.

export const OwnAffair = rejection('own_affair', {
  message: 'You have an interest in this: let somebody else of the house do it.',
  status: 403,
});

type Acting = Pick<Actor, 'id' | 'keepers'>;

/** Everybody who acts where this one asks. */
export const whoActs = ({ id, keepers = [] }: Acting): readonly PersonId[] => [id, ...keepers];

/**
 * Why somebody may not decide what is the house's to decide; undefined: nothing of theirs is in it.
 * @param interested whose money or lot it is about; undefined: nobody's, as far as anybody knows
 */
export const ownAffair = (
  actor: Acting,
  interested: PersonId | undefined,
): ReturnType<typeof OwnAffair> | undefined =>
  interested !== undefined && whoActs(actor).includes(interested) ? OwnAffair({}) : undefined;

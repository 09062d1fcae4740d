import { z } from 'zod';
import { capability } from '../kernel/message.ts';
import { type OfPerson, personalInput, personalText } from '../kernel/personal.ts';

// What proves that somebody is who they say: never the secret itself, but what the door has made of it (a hash, a sealed secret, a public
// key). Sealed by the person's key like all that is theirs, and hidden from every outlet whatever roles ask: whoever has a verifier can
// try secrets against it. Deciders keep it, so that the door finds it in the state.

const Verifier = z.string().regex(/^[\x20-\x7e]{1,4096}$/, 'one to 4096 printable ASCII characters');

/** As a command of the door brings it. */
export const verifierInput = (of: OfPerson) => capability(personalInput(Verifier, of));
/** As events keep it, and as they hand it to one another. */
export const verifierText = (of: OfPerson) => capability(personalText(of));

import { z } from 'zod';

/**
 * A word of whoever moves money: a purpose, a reason. It is kept and told, and nothing is decided by it but by the words of
 * this context itself (`withdrawal`, `transfer`, `expired`): what another context means by one of its own, its commands say.
 */
export const word = <Name extends string>(name: Name, description: string) =>
  z
    .string()
    .regex(/^[a-z][a-z_]{0,63}$/, 'one to 64 small letters and _, beginning with a letter')
    .meta({ id: name, description });

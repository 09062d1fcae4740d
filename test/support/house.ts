import type { House } from '#runtime/house.ts';

/** Nobody has named it. */
export const noHouse: House = { name: undefined, contact: undefined };

/** By this name a product that is bundled asks what has been planted: `plant.ts` answers, `bundle.ts` makes it ask. */
export const GROWN = 'annals: grown';

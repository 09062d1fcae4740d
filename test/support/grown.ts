/** By this name a product that is bundled asks what has been planted: `plant.ts` answers, `bundled.ts` makes it ask. */
export const GROWN = 'annals: grown';

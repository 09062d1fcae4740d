import { anyText, keptText, someText } from '../kernel/text.ts';

// What people write about lots, sales and auctions: as commands bring it, and as events keep it.

const MOST = { title: 200, description: 10_000, cause: 500 } as const;

export const Title = someText(MOST.title);
export const Description = anyText(MOST.description);
export const Cause = someText(MOST.cause);

export const KeptTitle = keptText(MOST.title);
export const KeptDescription = keptText(MOST.description);
export const KeptCause = keptText(MOST.cause);

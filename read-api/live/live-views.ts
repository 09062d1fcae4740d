import type { View } from '#projections/view.ts';
import type { Operations } from '../operation.ts';
import { type LiveView, liveView } from './live-view.ts';

/** All that is followed, by view, as the contexts list it. */
export function liveViews(
  operations: readonly Operations[],
  options: Omit<Parameters<typeof liveView>[0], 'view' | 'stream'>,
): (view: View) => LiveView {
  const all = operations.flatMap(({ followed = [] }) => followed);
  const live = new Map(all.map((followed) => [followed.view, liveView({ ...followed, ...options })]));
  return (view) => {
    const found = live.get(view);
    if (found === undefined)
      throw new TypeError(`${view.name} is followed, and no context’s operations list it in \`followed\``);
    return found;
  };
}

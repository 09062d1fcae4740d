import type { Position } from '#domain/kernel/envelope.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { View } from '../view.ts';
import { buildsOf, consumerOf, type ViewStores } from './builds.ts';

export interface ViewStatus {
  readonly view: string;
  /** Of this code. */
  readonly version: number;
  /** `version.number` of the build that is read; undefined: never filled. */
  readonly live: string | undefined;
  readonly position: Position | undefined;
  /** The build being filled beside it, and how far it is. */
  readonly filling: string | undefined;
  readonly fillingPosition: Position | undefined;
  readonly parkedKeys: number;
}

/** Where each view stands, read from the store: in whatever process it is advanced. */
export function viewStatus(
  { consumers, settings }: Omit<ViewStores, 'documents'>,
  views: readonly View[],
): Promise<readonly ViewStatus[]> {
  return Promise.all(
    views.map(async ({ name, version }) => {
      const { live, filling } = await buildsOf(settings, name);
      return {
        view: name,
        version,
        live: live && `${live.version}.${live.number}`,
        position: live && (await consumers.checkpoint(consumerOf(name, live))),
        filling: filling && `${filling.version}.${filling.number}`,
        fillingPosition: filling && (await consumers.checkpoint(consumerOf(name, filling))),
        parkedKeys: live === undefined ? 0 : (await consumers.parked(consumerOf(name, live))).length,
      };
    }),
  );
}

/** The parked keys of a consumer by its name or, for a view, by the view's name; all of them without a name. */
const belongsTo = (consumer: string, name: string): boolean =>
  consumer === name || consumer.startsWith(`${name}#`) || consumer.startsWith(`view:${name}@`);

/** Asks whoever runs the consumers to try parked keys again, in order; answers how many keys that are. */
export async function retryParked(
  consumers: Pick<ConsumerStore, 'parked' | 'requestRetry'>,
  name: string | undefined,
  key: string | undefined,
): Promise<number> {
  const parked = await consumers.parked();
  const names = new Set(parked.map((it) => it.consumer));
  let asked = 0;
  for (const consumer of names)
    if (name === undefined || belongsTo(consumer, name)) asked += await consumers.requestRetry(consumer, key);
  return asked;
}

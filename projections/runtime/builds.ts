import { z } from 'zod';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { CollectionSpec, DocumentStore } from '#domain/kernel/ports/document-store.ts';
import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';
import type { View } from '../view.ts';

/** One filling of a view: its version, and a number that is never used twice in that view. */
const Build = z.object({ version: z.int().min(1), number: z.int().min(1) });
export type Build = z.output<typeof Build>;

/** The builds of a view, as kept in the settings of the read store. */
const Builds = z.object({
  /** The one that is read. */
  live: Build.optional(),
  /** The one that is being filled beside it, to take its place. */
  filling: Build.optional(),
  /** Has been replaced; to be dropped by whoever still advanced it, else by the next start. */
  replaced: z.array(Build).max(100),
  /** The last number given. */
  last: z.int().min(0),
});
export type Builds = z.output<typeof Builds>;

const none: Builds = { replaced: [], last: 0 };
/** Others change the same setting seldom: at a start, a rebuild, a switch. */
const MOST_TRIES = 20;

/** What views are kept in. */
export interface ViewStores {
  readonly documents: DocumentStore;
  readonly consumers: ConsumerStore;
  readonly settings: SettingStore;
}

export const settingOf = (view: string): string => `view:${view}`;
export const consumerOf = (view: string, { version, number }: Build): string =>
  `view:${view}@${version}.${number}`;
export const collectionOf = (view: string, { version, number }: Build): string =>
  `${view}@${version}.${number}`;

export const sameBuild = (a: Build | undefined, b: Build | undefined): boolean =>
  a?.number === b?.number && a?.version === b?.version;

export const specOf = (view: View, build: Build): CollectionSpec => ({
  name: collectionOf(view.name, build),
  indexes: view.indexes,
  text: view.text,
});

const parse = (text: string | undefined): Builds =>
  text === undefined ? none : Builds.parse(JSON.parse(text));

export const buildsOf = async (settings: Pick<SettingStore, 'get'>, view: string): Promise<Builds> =>
  parse(await settings.get(settingOf(view)));

/** Those of all views, by one question. */
export async function buildsOfAll(
  settings: Pick<SettingStore, 'beginningWith'>,
): Promise<(view: string) => Builds> {
  const texts = await settings.beginningWith(settingOf(''));
  return (view) => parse(texts.get(settingOf(view)));
}

/** Changes the builds as one; `change` answers undefined when there is nothing to change. Answers what stands then. */
export async function changeBuilds(
  settings: Pick<SettingStore, 'get' | 'put'>,
  view: string,
  change: (builds: Builds) => Builds | undefined,
): Promise<Builds> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const text = await settings.get(settingOf(view));
    const before = parse(text);
    const after = change(before);
    if (after === undefined) return before;
    if (await settings.put(settingOf(view), JSON.stringify(after), text ?? null)) return after;
  }
  throw new Error(`the builds of ${view} are changed by others all the time`);
}

/** A new build to fill beside the live one. What was being filled before it is given up. */
export function beginFilling(builds: Builds, version: number): Builds {
  const number = builds.last + 1;
  const { filling } = builds;
  return {
    ...builds,
    filling: { version, number },
    last: number,
    replaced: filling === undefined ? builds.replaced : [...builds.replaced, filling],
  };
}

/** The build that was filled is live now, and the one before it is to be dropped. */
export function switched(builds: Builds, build: Build): Builds {
  const { live, replaced, last } = builds;
  return { live: build, last, replaced: live === undefined ? replaced : [...replaced, live] };
}

/**
 * Puts the filled build in the place of the live one, unless it is behind it or is not wanted any more: readers never
 * see the view go back.
 */
export async function switchTo(settings: SettingStore, view: string, build: Build): Promise<boolean> {
  const text = await settings.get(settingOf(view));
  const builds = parse(text);
  if (text === undefined || !sameBuild(builds.filling, build)) return false;
  const { live } = builds;
  return settings.switchOver({
    setting: settingOf(view),
    expected: text,
    value: JSON.stringify(switched(builds, build)),
    consumer: consumerOf(view, build),
    notBehind: live === undefined ? undefined : consumerOf(view, live),
  });
}

/** Whether anybody knows of the build any more; one that nobody knows was dropped. */
export const isKnown = ({ live, filling, replaced }: Builds, build: Build): boolean =>
  [live, filling, ...replaced].some((it) => sameBuild(it, build));

/** Forgets how far a build was, which fences off whoever still advances it, and drops what it holds. */
export async function dropBuild(
  { documents, consumers }: Omit<ViewStores, 'settings'>,
  view: string,
  build: Build,
): Promise<void> {
  await consumers.forget(consumerOf(view, build));
  await documents.drop(collectionOf(view, build));
}

/** Drops what has been replaced, except builds this process must leave alone. */
export async function dropReplaced(
  stores: ViewStores,
  view: string,
  mayDrop: (build: Build) => Promise<boolean>,
): Promise<void> {
  const { settings } = stores;
  for (const build of (await buildsOf(settings, view)).replaced) {
    if (!(await mayDrop(build))) continue;
    await dropBuild(stores, view, build);
    await changeBuilds(settings, view, (builds) => ({
      ...builds,
      replaced: builds.replaced.filter((it) => !sameBuild(it, build)),
    }));
  }
}

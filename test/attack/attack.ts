import type { Chance } from '../fuzz/chance.ts';
import type { Inhabited } from '../support/inhabited.ts';

// What an attack is: a kind with its cases, each of which says by itself what is wrong with what it got.

/** The platform under attack, as strangers see it, and what lives in it. */
export interface Scene {
  readonly host: string;
  readonly port: number;
  readonly world: Inhabited;
  /** Names of this machine's folders: bytes that hold one of them were never meant to leave. */
  readonly secrets: readonly string[];
  /** Aborted when the platform's process has ended. */
  readonly gone: AbortSignal;
  /** A loopback address for the next connection: attackers have many, so that no limit of one address stops them. */
  address(): string;
  /** One that no other connection gets: whoever shares it with a crowd gives way to that, as they should. */
  addressOfCrowd(): string;
}

export interface Case {
  readonly name: string;
  /** Attacks once, and says what is wrong with what came back. Whatever it throws is a finding, too. */
  run(scene: Scene): Promise<readonly string[]>;
}

/** How a run is to be made. */
export interface Scale {
  /** For the gate: fewer of the same. */
  readonly short: boolean;
  readonly chance: Chance;
}

export interface Attack {
  readonly name: string;
  /** Cases under way at once. */
  readonly atOnce: number;
  /** The same cases for the same seed and scale. */
  cases(world: Inhabited, scale: Scale): readonly Case[];
}

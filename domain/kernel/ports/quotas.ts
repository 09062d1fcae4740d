/** What became of points that somebody has spent. */
export interface Spent {
  readonly isGranted: boolean;
  /** Points that are left until the window ends. */
  readonly left: number;
  /** Until then. */
  readonly endsInMs: number;
}

/** So many points for each key in a window, which begins with the first that is spent. */
export interface Quota {
  /** As clients are told of it: in lower case, without blanks. */
  readonly name: string;
  readonly points: number;
  readonly windowSeconds: number;
  /** What is refused counts too: whoever goes on asking does not get in sooner by it, nor later. */
  spend(key: string, points?: number): Promise<Spent>;
}

/** Those that everybody is subject to who comes from outside. */
export interface Quotas {
  /** By the network that something comes from. */
  readonly perAddress: Quota;
  readonly perPerson: Quota;
}

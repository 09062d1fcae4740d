/** A setting that changes only if one consumer is at least as far as another. */
export interface SwitchOver {
  readonly setting: string;
  readonly expected: string;
  readonly value: string;
  /** The one that takes over. */
  readonly consumer: string;
  /** The one it replaces; undefined: nothing to catch up with. */
  readonly notBehind: string | undefined;
}

/** Small named values: which build of a view is live, the history's epoch. */
export interface SettingStore {
  get(name: string): Promise<string | undefined>;
  /** Those whose names begin so, by their names, as they stand at one moment. */
  beginningWith(prefix: string): Promise<ReadonlyMap<string, string>>;
  /** `expected` undefined: whatever is there; null: nothing is there. False: something else is there, nothing was done. */
  put(name: string, value: string, expected?: string | null): Promise<boolean>;
  /** False: the setting is not as expected, or the consumer is behind; nothing was done. */
  switchOver(change: SwitchOver): Promise<boolean>;
}

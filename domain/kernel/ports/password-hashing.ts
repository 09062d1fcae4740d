/** What argon2id costs: memory in KiB, passes over it, and lanes that may be filled at once. */
export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export interface Argon2Work extends Argon2Cost {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly tagBytes: number;
}

/** Work that is slow on purpose, done where it slows nobody else. */
export interface PasswordHashing {
  /**
   * The tag of argon2id (RFC 9106, version 1.3).
   *
   * @throws RejectedError `overloaded` where too much waits: nothing was worked out; `unavailable` where it is closed
   */
  argon2id(work: Argon2Work): Promise<Uint8Array>;
  /** Whoever still waits is told `unavailable`. */
  close(): Promise<void>;
}

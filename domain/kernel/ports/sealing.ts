/** Keeps what we write for ourselves where others write too: they can neither read it nor make such. */
export interface Sealing {
  /** @returns a text of visible ASCII, about a third longer than what it holds */
  seal(text: string): Promise<string>;
  /** undefined: not sealed by us, or by another key, or changed. */
  open(sealed: Uint8Array): Promise<string | undefined>;
  /**
   * Seals and opens by this secret too, which is kept by somebody else: without it our key opens nothing of it.
   *
   * @param secret 128 bits or so by chance; whatever can be guessed keeps nothing from whoever has our key
   */
  under(secret: string): Pick<Sealing, 'seal' | 'open'>;
  /** Names bytes without telling them: the same bytes by the same name, which nobody without the key can work out. 43 characters. */
  fingerprint(bytes: Uint8Array): string;
}

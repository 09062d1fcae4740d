/** A file of the data folder that does not hold what it should; the message names it, and says what can be done. */
export class DamagedFileError extends Error {
  readonly code = 'damaged';
  constructor(file: string, why: string, remedy: string, options?: ErrorOptions) {
    super(`${file} ${why}. Nothing was changed. ${remedy}`, options);
    this.name = 'DamagedFileError';
  }
}

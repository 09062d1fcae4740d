type Told = string | number | boolean | undefined | readonly string[];
/**
 * What is told beside a message: ids, codes, counts, and in `err` what was thrown. No event, command or document fits, so that nothing
 * that is marked in one has to be taken out of it.
 */
export type Telling<Details> = {
  readonly [Name in keyof Details]: Name extends 'err' ? unknown : Told;
};

/** Where a room says what an operator must know; pino fits it as it is. Never carries secrets or personal data. */
export interface Log {
  info<Details extends Telling<Details>>(details: Details, message: string): void;
  warn<Details extends Telling<Details>>(details: Details, message: string): void;
  error<Details extends Telling<Details>>(details: Details, message: string): void;
}

/** Says nothing: for whoever has nobody to tell. */
export const noLog: Log = { info() {}, warn() {}, error() {} };

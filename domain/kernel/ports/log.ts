/** Where a room says what an operator must know; pino fits it as it is. Never carries secrets or personal data. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Says nothing: for whoever has nobody to tell. */
export const noLog: Log = { info() {}, warn() {}, error() {} };

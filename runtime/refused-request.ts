import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';

/** A request that is refused before it is one of the platform's: `invalid`, with the HTTP status that says how. */
export class RefusedRequestError extends RejectedError {
  readonly answer: {
    readonly status: number;
    /** What goes with the status, for example `Allow` with 405. */
    readonly headers: Readonly<Record<string, string>>;
  };
  constructor(
    status: number,
    problem: string,
    { path = '', headers = {} }: { path?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(Invalid({ issues: [{ path, problem }] }));
    this.name = 'RefusedRequestError';
    this.answer = { status, headers };
  }
}

/** No answer came in time. What was asked for may have been done. */
export class LateError extends Error {
  constructor(longestMs: number) {
    super(`no answer within ${longestMs / 1_000} s`);
    this.name = 'LateError';
  }
}

/** @throws LateError when it takes longer; what comes of it then is nobody's any more */
export async function bounded<T>(work: Promise<T>, longestMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(longestMs)), longestMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

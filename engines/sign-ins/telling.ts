const DEADLINE_MS = 3_000;

/**
 * Brings a logout token to where a system wants it, and nowhere else: no redirect is followed, and what is answered is not read.
 *
 * @throws Error for any answer but a yes, and where there is none in three seconds
 */
export async function tellOfLogout(uri: string, logoutToken: string): Promise<void> {
  const response = await fetch(uri, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(DEADLINE_MS),
    body: new URLSearchParams({ logout_token: logoutToken }),
  });
  await response.body?.cancel();
  if (response.status !== 200 && response.status !== 204) throw new Error(`answered ${response.status}`);
}

/** The system that our own pages are. Nobody registers one of this name: it is none that is recorded. */
export const OWN_CLIENT = 'annals-account';
/** What a token in an operator's shell is given to (`cli sign-in`), by a code that somebody confirms; as little registered as our own pages. */
export const CONSOLE_CLIENT = 'annals-console';
/** Names that no other system may have. */
export const OWN_CLIENTS: readonly string[] = [OWN_CLIENT, CONSOLE_CLIENT];
/** Where a browser comes back to that was sent to sign in. */
export const CALLBACK_PATH = '/account/callback';

/** The system that our own pages are. Nobody registers one of this name: it is none that is recorded. */
export const OWN_CLIENT = 'annals-account';
/** Where a browser comes back to that was sent to sign in. */
export const CALLBACK_PATH = '/account/callback';

import { Router } from 'express';
import { accountRoutes } from './account.ts';
import { assetRoutes } from './assets.ts';
import { consentRoutes } from './consent.ts';
import { frame, notFound } from './frame.ts';
import { leavingRoutes } from './leaving.ts';
import type { PagesOptions } from './ports.ts';
import { registeringRoutes } from './registering.ts';
import { secondFactorRoutes } from './second-factor.ts';
import { securityRoutes } from './security.ts';
import { sessionRoutes } from './sessions.ts';
import { abortRoutes, signInRoutes } from './sign-in.ts';

/** Everything below `/sign-in` and `/account`: the pages on which people come in and look after their account. */
export function accountPages(options: PagesOptions): Router {
  const routes = frame(options);
  signInRoutes(routes, options);
  abortRoutes(routes, options);
  secondFactorRoutes(routes, options);
  consentRoutes(routes, options);
  registeringRoutes(routes, options);
  accountRoutes(routes, options);
  securityRoutes(routes, options);
  sessionRoutes(routes, options);
  leavingRoutes(routes, options);
  // Where managers of passwords look for the page on which one is changed (W3C, A Well-Known URL for Changing Passwords).
  routes.shows('/.well-known/change-password', async () => ({ to: '/account/password' }));
  routes.falls(['/sign-in', '/account'], notFound);
  return Router({ caseSensitive: true, strict: true }).use(assetRoutes(), routes.router);
}

import { Router } from 'express';
import { assetRoutes } from './assets.ts';
import { type FrameOptions, frame } from './frame.ts';
import { html } from './html.ts';

/** What stands where the pages of accounts would, when somebody else keeps accounts: nobody could sign in by what is entered here. */
export function elsewherePages(options: FrameOptions, issuer: string): Router {
  const { falls, router } = frame(options);
  falls(['/sign-in', '/account'], ({ texts: { elsewhere } }) => ({
    status: 404,
    page: {
      title: elsewhere.title,
      main: html`<h1>${elsewhere.title}</h1><p class="words">${elsewhere.why(issuer)}</p>`,
    },
  }));
  return Router({ caseSensitive: true, strict: true }).use(assetRoutes(), router);
}

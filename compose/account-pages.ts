import type { Router } from 'express';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Known } from '#write-side/accounts/known.ts';
import type { Browsers, ProviderPages, SignIns } from '#write-side/accounts/sign-ins.ts';

/** What people are shown who sign in, and the routes of it. */
export type AccountPages = (parts: {
  readonly signIns: SignIns;
  readonly browsers: Browsers;
  readonly known: Known;
  readonly dispatch: Dispatch;
}) => { readonly pages: ProviderPages; readonly routers: readonly Router[] };

const bare = (text: string, form = ''): string =>
  `<!DOCTYPE html><title>${text}</title><p>${text}</p>${form}`;

/** Where there are no others. */
export const barePages: AccountPages = () => ({
  routers: [],
  pages: {
    headers: () => ({ 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }),
    deviceCode: ({ form }) => bare('Code', form),
    deviceConfirm: ({ form }) => bare('Confirm', form),
    deviceDone: () => bare('Done'),
    signOut: ({ form }) => bare('Sign out', form),
    signedOut: () => bare('Signed out'),
    problem: ({ code }) => bare(`Problem: ${/^\w+$/.test(code) ? code : 'unknown'}`),
  },
});

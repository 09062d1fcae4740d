import type { SignIns, SignInUnderWay } from '../sign-ins.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { html } from './html.ts';
import type { Entered } from './intake.ts';

// A sign-in that a browser has under way: every page of it begins with finding it.

/** A page of a sign-in. `further`: behind its id. */
export const pathOf = ({ uid }: Pick<SignInUnderWay, 'uid'>, further = ''): string =>
  `/sign-in/${encodeURIComponent(uid)}${further}`;

/** It was finished, or its time is over, or it is another browser's: nobody is told which. */
function overPage({ texts: { signIn, layout } }: Visit): Answer {
  return {
    status: 410,
    page: {
      title: signIn.over,
      main: html`<h1>${signIn.over}</h1><p>${signIn.overWhy}</p><p><a href="/account">${layout.toAccount}</a></p>`,
    },
  };
}

type Handler = (visit: Visit, sign: SignInUnderWay, entered: Entered) => Promise<Answer>;

/** Routes of which each is about the sign-in that its path names and that the browser has under way. */
export function signInFrame({ shows, acts }: Frame, signIns: Pick<SignIns, 'find'>) {
  async function found(visit: Visit, handler: Handler, entered: Entered): Promise<Answer> {
    const { request, response } = visit;
    const sign = await signIns.find(request, response);
    return sign?.uid === request.params.uid
      ? handler(visit, sign as SignInUnderWay, entered)
      : overPage(visit);
  }
  return {
    shows: (further: string, handler: Handler) =>
      shows(`/sign-in/:uid${further}`, (visit) => found(visit, handler, {})),
    acts: (further: string, handler: Handler) =>
      acts(`/sign-in/:uid${further}`, undefined, (visit, entered) => found(visit, handler, entered)),
  };
}

import type { SignIns, SignInUnderWay } from '../sign-ins.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { html } from './html.ts';
import type { Entered } from './intake.ts';
import { preferredLanguage, texts } from './languages.ts';

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
    const sign = await signIns.find(request, response, String(request.params.uid));
    if (sign === undefined) return overPage(visit);
    // A system may say in which language it speaks with somebody; what they have chosen here comes before.
    const [asked = visit.language] = sign.languages;
    const language = preferredLanguage(request) ?? asked;
    const visitor = { ...visit.visitor, language };
    const answer = await handler({ ...visit, language, texts: texts[language], visitor }, sign, entered);
    return answer === 'answered' ? answer : { ...answer, language };
  }
  return {
    shows: (further: string, handler: Handler) =>
      shows(`/sign-in/:uid${further}`, (visit) => found(visit, handler, {})),
    acts: (further: string, handler: Handler) =>
      acts(`/sign-in/:uid${further}`, undefined, (visit, entered) => found(visit, handler, entered)),
  };
}

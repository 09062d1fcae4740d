import { LinkVoid } from '#domain/accounts/door/messages.ts';
import type { LinkPurpose } from '#domain/accounts/links.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { FollowedLink, Visitor } from '../door/door.ts';
import { fields, read } from './entered.ts';
import { currentPassword, formPage, passwordWrong, refusedAt, unseenUsername } from './form-page.ts';
import { button, form, hidden } from './forms.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { goingOn, waysOn } from './going-on.ts';
import { type Html, html, type Shown } from './html.ts';
import type { PagesOptions } from './ports.ts';
import { sentenceOf } from './refusals.ts';
import type { Texts } from './texts/en.ts';

// The links that mails lead to. Programs that read mails follow links, so that a link shows a form, and its button does it; it asks for the
// password, which somebody else may have chosen.

/** As its link in the mail has it: the page has the token from there, and it is in no cookie. */
export const withToken = (path: string, token: string): string =>
  `${path}?token=${encodeURIComponent(token)}`;

export const tokenOf = (text: unknown): string | undefined => fields.token.schema.safeParse(text).data;

/** Where another link is asked for. */
export const askAnew = ({ texts: { register } }: Pick<Visit, 'texts'>, to: string): Html =>
  html`<p><a href="${to}">${register.askAnew}</a></p>`;

export const noToken = (visit: Visit, to: string): Answer => {
  const { register } = visit.texts;
  return {
    status: 400,
    page: {
      title: register.noToken,
      main: html`<h1>${register.noToken}</h1><p>${register.noTokenWhy}</p>${askAnew(visit, to)}`,
    },
  };
};

/** Before anybody is asked for anything: a link that holds no more. Whoever sent it with a password hears the same, whatever that was. */
export const voidLink = (visit: Visit, title: string, below: readonly Shown[]): Answer => {
  const void_ = LinkVoid({});
  return {
    rejection: void_,
    page: {
      title,
      isError: true,
      main: html`<h1>${title}</h1><p>${sentenceOf(void_, visit.language, visit.now)}</p>${below}`,
    },
  };
};

/** What it leads to, where it holds. */
type Linked = Exclude<Awaited<ReturnType<PagesOptions['door']['linkedTo']>>, Rejection>;

/** A link of a mail: what it is for, its button, and what is said when it is done. */
interface Link {
  readonly path: string;
  readonly purpose: LinkPurpose;
  /** Where another one is asked for. */
  readonly anewAt: string;
  readonly words: (
    texts: Texts,
    isAdministrator: boolean,
  ) => Readonly<Record<'title' | 'why' | 'submit' | 'done' | 'doneWhy', string>>;
  /** For whoever does not come any further by it. */
  readonly otherwise?: (texts: Texts) => Html;
  readonly follow: (link: FollowedLink, visitor: Visitor) => Promise<undefined | Rejection>;
  /** Whose account it is, where whoever has come may know that. */
  readonly username: (visit: Visit, found: Linked) => Promise<Html | undefined>;
}

/** By the account's address, for whoever has the mail that was sent there. */
export const usernameAt = async (_: Visit, { email }: Linked): Promise<Html | undefined> =>
  unseenUsername(email);

/** By the account's address of before, which whoever has the mail need not know: for those who are signed in to it here. */
export const usernameOfBefore =
  ({ browsers }: Pick<PagesOptions, 'browsers'>) =>
  async ({ request, response }: Visit, { person, email }: Linked): Promise<Html | undefined> =>
    (await browsers.who(request, response))?.person === person ? unseenUsername(email) : undefined;

/** Whether there is nothing to be asked for by this link. What was refused for something else is told first: it may come to its end yet. */
const isVoid = (found: object, { refused: { wrong } }: Visit): boolean =>
  'rejected' in found && (wrong.troubles.length === 0 || wrong.rejection?.code === LinkVoid.code);

export function linkRoutes(
  { shows, acts }: Frame,
  { door, known, signIns }: Pick<PagesOptions, 'door' | 'known' | 'signIns'>,
  { path, purpose, anewAt, words, otherwise, follow, username }: Link,
): void {
  const page = async (visit: Visit, token: string): Promise<Answer> => {
    const { title, why, submit } = words(visit.texts, false);
    const password = { name: 'password', label: visit.texts.fields.password };
    const found = await door.linkedTo(token, purpose);
    if (isVoid(found, visit))
      return voidLink(visit, title, [askAnew(visit, anewAt), otherwise?.(visit.texts)]);
    const whose = 'rejected' in found ? undefined : await username(visit, found);
    return formPage(visit, {
      title,
      main: [
        html`<p>${why}</p>`,
        form(path, hidden('token', token), whose, currentPassword(visit, password), button(submit)),
        otherwise?.(visit.texts),
      ],
    });
  };
  shows(path, async (visit) => {
    const token = tokenOf(visit.request.query.token);
    return token === undefined ? noToken(visit, anewAt) : page(visit, token);
  });
  acts(path, undefined, async (visit, entered) => {
    const token = tokenOf(entered.token);
    if (token === undefined) return noToken(visit, anewAt);
    const input = read(entered, ['password'], visit.texts);
    if ('troubles' in input) return refusedAt(withToken(path, token), input);
    const found = await door.linkedTo(token, purpose);
    const result = await follow({ token, ...input.values }, visit.visitor);
    if (result !== undefined)
      return refusedAt(withToken(path, token), passwordWrong(result, visit, 'password'));
    // Only they themselves come here, and what they may do now is theirs to know.
    const account = 'rejected' in found ? undefined : await known.account(found.person);
    return { to: `${path}/done${account?.roles.includes('admin') === true ? '?as=admin' : ''}` };
  });
  shows(`${path}/done`, async (visit) => {
    const { layout, register } = visit.texts;
    const { done, doneWhy } = words(visit.texts, visit.request.query.as === 'admin');
    const otherwise = { to: '/account', label: layout.toAccount, elsewhere: register.elsewhere };
    return goingOn(done, doneWhy, await waysOn(visit, signIns), otherwise);
  });
}

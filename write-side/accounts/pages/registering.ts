import { LinkVoid } from '#domain/accounts/door/messages.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { leastCodePoints } from '../../identity/passwords/policy.ts';
import type { FollowedLink, Visitor } from '../door/door.ts';
import { fields, read } from './entered.ts';
import {
  currentPassword,
  emailField,
  formPage,
  newPassword,
  passwordWrong,
  refusedAt,
  unseenUsername,
  wrongBy,
} from './form-page.ts';
import { button, form, hidden } from './forms.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { goingOn, waysOn } from './going-on.ts';
import { type Html, html } from './html.ts';
import type { PagesOptions } from './ports.ts';
import type { Texts } from './texts/en.ts';

// For whoever is not signed in: registering, a password that was forgotten, and the links that mails lead to. Programs that read mails
// follow links, so that a link shows a form, and its button does it; it asks for the password, which somebody else may have chosen.

/** Says something that there is nothing to do about, and where to go on. */
export const said = (title: string, why: string, link: readonly [to: string, label: string]): Answer => ({
  page: {
    title,
    main: html`<h1>${title}</h1><p>${why}</p><p><a class="button" href="${link[0]}">${link[1]}</a></p>`,
  },
});

/** Codes that speak of the password that was chosen. */
export const ofNewPassword = { password_refused: 'newPassword' } as const;
const ofEmail = { address_unusable: 'email' } as const;

/** As its link in the mail has it: the page has the token from there, and it is in no cookie. */
const withToken = (path: string, token: string): string => `${path}?token=${encodeURIComponent(token)}`;

const tokenOf = (text: unknown): string | undefined => fields.token.schema.safeParse(text).data;

/** Where another link is asked for. */
const askAnew = ({ texts: { register } }: Pick<Visit, 'texts'>, to: string): Html =>
  html`<p><a href="${to}">${register.askAnew}</a></p>`;

const noToken = (visit: Visit, to: string): Answer => {
  const { register } = visit.texts;
  return {
    status: 400,
    page: {
      title: register.noToken,
      main: html`<h1>${register.noToken}</h1><p>${register.noTokenWhy}</p>${askAnew(visit, to)}`,
    },
  };
};

/** Below a form that was sent with a link which is none any more. */
const anewIfVoid = (visit: Visit, to: string): Html | undefined =>
  visit.refused.wrong.rejection?.code === LinkVoid.code ? askAnew(visit, to) : undefined;

const chosenPassword = (visit: Visit) => {
  const { newPassword: label, newPasswordHint } = visit.texts.fields;
  const hint = newPasswordHint(leastCodePoints.alone);
  return newPassword(visit, { name: 'newPassword', label, hint });
};

function registerRoutes({ shows, acts }: Frame, { door, signIns }: PagesOptions): void {
  const page = async (visit: Visit): Promise<Answer> => {
    const { register, fields: names, common } = visit.texts;
    const [way] = await waysOn(visit, signIns);
    return formPage(visit, {
      title: register.title,
      main: [
        form(
          '/account/register',
          emailField(visit, { label: names.email, autocomplete: 'username' }),
          chosenPassword(visit),
          button(register.submit),
        ),
        html`<p>${register.have} <a href="${way?.to ?? '/account'}">${common.signIn}</a></p>`,
      ],
    });
  };
  shows('/account/register', async (visit) => page(visit));
  acts('/account/register', undefined, async (visit, entered) => {
    const input = read(entered, ['email', 'newPassword'], visit.texts);
    const again = { email: entered.email };
    if ('troubles' in input) return refusedAt('/account/register', input, again);
    const { email, newPassword: password } = input.values;
    const result = await door.register({ email, password }, visit.visitor);
    return result === undefined
      ? { to: '/account/register/sent' }
      : refusedAt('/account/register', wrongBy(result, visit, { ...ofNewPassword, ...ofEmail }), again);
  });
  shows('/account/register/sent', async (visit) => {
    const { register, common } = visit.texts;
    const otherwise = { to: '/account', label: common.signIn };
    return goingOn(register.sent, register.sentWhy, await waysOn(visit, signIns), otherwise);
  });
}

/** A link of a mail: what it is for, its button, and what is said when it is done. */
interface Link {
  readonly path: string;
  /** Where another one is asked for. */
  readonly anewAt: string;
  readonly words: (texts: Texts) => Readonly<Record<'title' | 'why' | 'submit' | 'done' | 'doneWhy', string>>;
  /** For whoever does not come any further by it. */
  readonly otherwise?: (texts: Texts) => Html;
  readonly follow: (link: FollowedLink, visitor: Visitor) => Promise<undefined | Rejection>;
  /** Whose account it is, where whoever has come may know that. */
  readonly username: (visit: Visit, token: string) => Promise<Html | undefined>;
}

/** By the account's address, for whoever has the mail that was sent there. */
const usernameAt =
  ({ door }: Pick<PagesOptions, 'door'>, purpose: 'verify' | 'reset') =>
  async (_: Visit, token: string): Promise<Html | undefined> => {
    const found = await door.linkedTo(token, purpose);
    return 'rejected' in found ? undefined : unseenUsername(found.email);
  };

/** By the account's address of before, which whoever has the mail need not know: for those who are signed in to it here. */
const usernameOfBefore =
  ({ door, browsers }: Pick<PagesOptions, 'door' | 'browsers'>) =>
  async ({ request, response }: Visit, token: string): Promise<Html | undefined> => {
    const [found, who] = await Promise.all([door.linkedTo(token, 'email'), browsers.who(request, response)]);
    const isTheirs = !('rejected' in found) && found.person === who?.person;
    return isTheirs ? unseenUsername(found.email) : undefined;
  };

function linkRoutes(
  { shows, acts }: Frame,
  { signIns }: Pick<PagesOptions, 'signIns'>,
  { path, anewAt, words, otherwise, follow, username }: Link,
): void {
  const page = async (visit: Visit, token: string): Promise<Answer> => {
    const { title, why, submit } = words(visit.texts);
    const password = { name: 'password', label: visit.texts.fields.password };
    const whose = await username(visit, token);
    return formPage(visit, {
      title,
      main: [
        html`<p>${why}</p>`,
        form(path, hidden('token', token), whose, currentPassword(visit, password), button(submit)),
        anewIfVoid(visit, anewAt),
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
    const result = await follow({ token, ...input.values }, visit.visitor);
    return result === undefined
      ? { to: `${path}/done` }
      : refusedAt(withToken(path, token), passwordWrong(result, visit, 'password'));
  });
  shows(`${path}/done`, async (visit) => {
    const { layout, register } = visit.texts;
    const { done, doneWhy } = words(visit.texts);
    const otherwise = { to: '/account', label: layout.toAccount, elsewhere: register.elsewhere };
    return goingOn(done, doneWhy, await waysOn(visit, signIns), otherwise);
  });
}

function resetRoutes({ shows, acts }: Frame, { door, signIns }: PagesOptions): void {
  const askPage = (visit: Visit): Answer => {
    const { reset, fields: names } = visit.texts;
    return formPage(visit, {
      title: reset.title,
      main: [
        html`<p>${reset.why}</p>`,
        form(
          '/account/reset',
          emailField(visit, { label: names.email, autocomplete: 'username' }),
          button(reset.ask),
        ),
      ],
    });
  };
  // Links in mails come here: whoever has a token is asked for the new password.
  shows('/account/reset', async (visit) => {
    const token = tokenOf(visit.request.query.token);
    return token === undefined ? askPage(visit) : { to: withToken('/account/reset/confirm', token) };
  });
  acts('/account/reset', undefined, async (visit, entered) => {
    const input = read(entered, ['email'], visit.texts);
    const { email } = entered;
    if ('troubles' in input) return refusedAt('/account/reset', input, { email });
    const result = await door.askReset(input.values.email, visit.visitor);
    return result === undefined
      ? { to: '/account/reset/sent' }
      : refusedAt('/account/reset', wrongBy(result, visit), { email });
  });
  shows('/account/reset/sent', async ({ texts: { register, reset, common } }) =>
    said(register.sent, reset.sentWhy, ['/account', common.signIn]),
  );

  const confirmPage = async (visit: Visit, token: string): Promise<Answer> => {
    const { reset } = visit.texts;
    return formPage(visit, {
      title: reset.confirm,
      main: [
        form(
          '/account/reset/confirm',
          hidden('token', token),
          await usernameAt({ door }, 'reset')(visit, token),
          chosenPassword(visit),
          button(reset.confirmButton),
        ),
        anewIfVoid(visit, '/account/reset'),
      ],
    });
  };
  shows('/account/reset/confirm', async (visit) => {
    const token = tokenOf(visit.request.query.token);
    return token === undefined ? noToken(visit, '/account/reset') : confirmPage(visit, token);
  });
  acts('/account/reset/confirm', undefined, async (visit, entered) => {
    const token = tokenOf(entered.token);
    if (token === undefined) return noToken(visit, '/account/reset');
    const input = read(entered, ['newPassword'], visit.texts);
    const at = withToken('/account/reset/confirm', token);
    if ('troubles' in input) return refusedAt(at, input);
    const result = await door.reset({ token, password: input.values.newPassword }, visit.visitor);
    return result === undefined
      ? { to: '/account/reset/done' }
      : refusedAt(at, wrongBy(result, visit, ofNewPassword));
  });
  shows('/account/reset/done', async (visit) => {
    const { reset, register, common } = visit.texts;
    const otherwise = { to: '/account', label: common.signIn, elsewhere: register.elsewhere };
    return goingOn(reset.done, reset.doneWhy, await waysOn(visit, signIns), otherwise);
  });
}

export function registeringRoutes(routes: Frame, options: PagesOptions): void {
  const { door } = options;
  registerRoutes(routes, options);
  resetRoutes(routes, options);
  linkRoutes(routes, options, {
    path: '/account/verify',
    anewAt: '/account',
    words: ({ register }) => ({
      ...{ title: register.verify, why: register.verifyWhy, submit: register.verifyButton },
      ...{ done: register.verified, doneWhy: register.verifiedWhy },
    }),
    otherwise: ({
      register,
    }) => html`<p>${register.notMine} <a href="/account/reset">${register.choose}</a></p>
<p>${register.linkVoid} <a href="/account">${register.signInForMail}</a></p>
<p>${register.ended} <a href="/account/register">${register.registerAnew}</a></p>`,
    follow: (link, visitor) => door.verifyEmail(link, visitor),
    username: usernameAt(options, 'verify'),
  });
  linkRoutes(routes, options, {
    path: '/account/email',
    anewAt: '/account/email-change',
    words: ({ emailChange, register }) => ({
      ...{ title: emailChange.confirm, why: emailChange.confirmWhy, submit: register.verifyButton },
      ...{ done: emailChange.done, doneWhy: emailChange.doneWhy },
    }),
    follow: (link, visitor) => door.changeEmail(link, visitor),
    username: usernameOfBefore(options),
  });
}

import { leastCodePoints } from '../../identity/passwords/policy.ts';
import { read } from './entered.ts';
import { emailField, formPage, newPassword, refusedAt, unseenUsername, wrongBy } from './form-page.ts';
import { button, form, hidden } from './forms.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { goingOn, waysOn } from './going-on.ts';
import { type Html, html, paragraph, type Shown } from './html.ts';
import {
  askAnew,
  linkRoutes,
  noToken,
  tokenOf,
  usernameAt,
  usernameOfBefore,
  voidLink,
  withToken,
} from './links.ts';
import type { PagesOptions } from './ports.ts';
import { NOTHING_WRONG } from './refused.ts';

// For whoever is not signed in: registering, and a password that was forgotten.

/** Says something that there is nothing to do about, and where to go on. */
export const said = (title: string, why: Shown, link: readonly [to: string, label: string]): Answer => ({
  page: {
    title,
    main: html`<h1>${title}</h1>${paragraph(why)}<p><a class="button" href="${link[0]}">${link[1]}</a></p>`,
  },
});

/** Codes that speak of the password that was chosen. */
export const ofNewPassword = { password_refused: 'newPassword' } as const;
const ofEmail = { address_unusable: 'email' } as const;

/** Where a mail was sent to, by whoever has just typed it: their browser keeps it sealed on the way to the next page, and no address bar does. */
const sentTo = (path: string, email: string): Answer => refusedAt(path, NOTHING_WRONG, { email });
const sentWhere = ({ refused: { entered } }: Visit, says: (email: string) => string): Html | undefined =>
  entered.email === undefined ? undefined : html`<p class="words">${says(entered.email)}</p>`;

const chosenPassword = (visit: Visit, beside: keyof typeof leastCodePoints) => {
  const { newPassword: label, newPasswordHint } = visit.texts.fields;
  const hint = newPasswordHint(leastCodePoints[beside]);
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
          chosenPassword(visit, 'alone'),
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
      ? sentTo('/account/register/sent', email)
      : refusedAt('/account/register', wrongBy(result, visit, { ...ofNewPassword, ...ofEmail }), again);
  });
  shows('/account/register/sent', async (visit) => {
    const { register, common } = visit.texts;
    const otherwise = { to: '/account', label: common.signIn };
    const why = [sentWhere(visit, register.sentTo), html`<p>${register.sentWhy}</p>`];
    return goingOn(register.sent, why, await waysOn(visit, signIns), otherwise);
  });
}

function resetRoutes({ shows, acts }: Frame, { door }: PagesOptions): void {
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
      ? sentTo('/account/reset/sent', input.values.email)
      : refusedAt('/account/reset', wrongBy(result, visit), { email });
  });
  shows('/account/reset/sent', async (visit) => {
    const { register, reset, common } = visit.texts;
    // Whether anything was sent there nobody hears.
    const why = [sentWhere(visit, reset.askedFor), html`<p>${reset.sentWhy}</p>`];
    return said(register.sent, why, ['/account', common.signIn]);
  });
}

/** Another password, by the link of a mail. */
function confirmRoutes({ shows, acts }: Frame, { door, signIns }: PagesOptions): void {
  const confirmPage = async (visit: Visit, token: string): Promise<Answer> => {
    const { reset } = visit.texts;
    const found = await door.linkedTo(token, 'reset');
    if ('rejected' in found) return voidLink(visit, reset.confirm, [askAnew(visit, '/account/reset')]);
    return formPage(visit, {
      title: reset.confirm,
      main: [
        form(
          '/account/reset/confirm',
          hidden('token', token),
          unseenUsername(found.email),
          // Whoever has the mail may know: by the number of characters that they are asked for they hear whether there is another factor.
          chosenPassword(visit, found.withSecondFactor ? 'withSecondFactor' : 'alone'),
          button(reset.confirmButton),
        ),
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
  confirmRoutes(routes, options);
  linkRoutes(routes, options, {
    ...{ path: '/account/verify', purpose: 'verify' },
    anewAt: '/account',
    words: ({ account, register }, isAdministrator) => ({
      ...{ title: register.verify, why: register.verifyWhy, submit: register.verifyButton },
      ...{ done: register.verified, doneWhy: isAdministrator ? account.administrates : register.verifiedWhy },
    }),
    otherwise: ({
      register,
    }) => html`<p>${register.notMine} <a href="/account/reset">${register.choose}</a></p>
<p>${register.linkVoid} <a href="/account">${register.signInForMail}</a></p>
<p>${register.ended} <a href="/account/register">${register.registerAnew}</a></p>`,
    follow: (link, visitor) => door.verifyEmail(link, visitor),
    username: usernameAt,
  });
  linkRoutes(routes, options, {
    ...{ path: '/account/email', purpose: 'email' },
    anewAt: '/account/email-change',
    words: ({ emailChange, register }) => ({
      ...{ title: emailChange.confirm, why: emailChange.confirmWhy, submit: register.verifyButton },
      ...{ done: emailChange.done, doneWhy: emailChange.doneWhy },
    }),
    follow: (link, visitor) => door.changeEmail(link, visitor),
    username: usernameOfBefore(options),
  });
}

import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Recognised } from '../door/door.ts';
import type { SignInUnderWay } from '../sign-ins.ts';
import { read } from './entered.ts';
import {
  currentPassword,
  emailField,
  formPage,
  passwordWrong,
  refusedAt,
  unseenUsername,
  wrongBy,
} from './form-page.ts';
import { button, form } from './forms.ts';
import type { Answer, Frame, Visit } from './frame.ts';
import { html } from './html.ts';
import type { Entered } from './intake.ts';
import type { PagesOptions } from './ports.ts';
import { pathOf, signInFrame } from './under-way.ts';

// The first page of whoever comes in: who are you, or is it still you.

const cancelling = ({ texts }: Visit, sign: SignInUnderWay) =>
  form(pathOf(sign, '/abort'), button(texts.common.cancel, 'plain'));

/** For whoever is signed in and wants to go on as somebody else. */
export const anotherAccount = ({ texts }: Visit, sign: SignInUnderWay) =>
  form(pathOf(sign, '/another-account'), button(texts.signIn.another, 'plain'));

const passwordField = (visit: Visit) =>
  currentPassword(visit, { name: 'password', label: visit.texts.fields.password });

/** @param email of whoever is signed in; undefined: it cannot be read any more */
function onceMorePage(visit: Visit, sign: SignInUnderWay, email: string | undefined): Answer {
  const { signIn, common } = visit.texts;
  const named = email !== undefined && html`<p>${signIn.signedInAs(email)}</p>${unseenUsername(email)}`;
  return formPage(visit, {
    title: signIn.onceMore,
    main: [
      html`<p>${signIn.onceMoreWhy}</p>`,
      form(pathOf(sign), named, passwordField(visit), button(common.continue)),
      cancelling(visit, sign),
      anotherAccount(visit, sign),
    ],
  });
}

function signInPage(visit: Visit, sign: SignInUnderWay, email: string | undefined): Answer {
  const { signIn, fields } = visit.texts;
  return formPage(visit, {
    title: signIn.title,
    main: [
      html`<p>${signIn.to(sign.client.name)}</p>`,
      form(
        pathOf(sign),
        emailField(visit, { label: fields.email, value: email, autocomplete: 'username' }),
        passwordField(visit),
        button(signIn.title),
      ),
      cancelling(visit, sign),
      html`<p><a href="/account/reset">${signIn.forgotten}</a></p>
<p>${signIn.noAccount} <a href="/account/register">${signIn.register}</a></p>`,
    ],
  });
}

export function signInRoutes(routes: Frame, options: PagesOptions): void {
  const { door, signIns } = options;
  const { shows, acts } = signInFrame(routes, signIns);

  /** Whoever is signed in and has to prove it once more is asked for their password alone. */
  async function ask(visit: Visit, sign: SignInUnderWay): Promise<Answer> {
    if (!sign.stepUp || sign.person === undefined) return signInPage(visit, sign, sign.loginHint);
    const standing = await door.standing(sign.person);
    return onceMorePage(visit, sign, 'rejected' in standing ? undefined : standing.email);
  }

  /** A right password: they are in, or on to the second step. */
  async function go(
    visit: Visit,
    sign: SignInUnderWay,
    { person, secondFactors }: Recognised,
  ): Promise<Answer> {
    const { request, response, now } = visit;
    if (secondFactors.length === 0)
      return {
        to: await signIns.finish(request, response, sign.uid, {
          person,
          methods: ['pwd'],
          atMs: millisecondsOf(now),
        }),
      };
    await signIns.remember(request, response, sign.uid, {
      person,
      methods: ['pwd'],
      atMs: millisecondsOf(now),
    });
    return { to: pathOf(sign, '/second-factor') };
  }

  async function onceMore(visit: Visit, sign: SignInUnderWay, entered: Entered): Promise<Answer> {
    const { texts, visitor } = visit;
    const input = read(entered, ['password'], texts);
    if ('troubles' in input) return refusedAt(pathOf(sign), input);
    if (sign.person === undefined) return { to: pathOf(sign) };
    const result = await door.confirmPassword(sign.person, input.values.password, visitor);
    if (!('rejected' in result)) return go(visit, sign, result);
    return refusedAt(pathOf(sign), passwordWrong(result, visit, 'password'));
  }

  async function signIn(visit: Visit, sign: SignInUnderWay, entered: Entered): Promise<Answer> {
    const input = read(entered, ['email', 'password'], visit.texts);
    const { email } = entered;
    if ('troubles' in input) return refusedAt(pathOf(sign), input, { email });
    const result = await door.recognise(input.values, visit.visitor);
    return 'rejected' in result
      ? refusedAt(pathOf(sign), wrongBy(result, visit), { email })
      : go(visit, sign, result);
  }

  shows('', async (visit, sign) =>
    sign.prompt === 'consent' ? { to: pathOf(sign, '/consent') } : ask(visit, sign),
  );
  acts('', async (visit, sign, entered) => {
    if (sign.prompt === 'consent') return { to: pathOf(sign, '/consent') };
    return sign.stepUp && sign.person !== undefined
      ? onceMore(visit, sign, entered)
      : signIn(visit, sign, entered);
  });
  acts('/another-account', async ({ request, response }, sign) => {
    if (sign.person !== undefined) await signIns.another(request, response, sign.uid);
    return { to: pathOf(sign) };
  });
}

export function abortRoutes(routes: Frame, { signIns }: PagesOptions): void {
  const { shows, acts } = signInFrame(routes, signIns);
  shows('/abort', async (visit, sign) => {
    const { signIn: said, common } = visit.texts;
    return formPage(visit, {
      title: said.abort,
      main: [
        html`<p>${said.abortWhy}</p>`,
        form(pathOf(sign, '/abort'), button(common.continue)),
        html`<p><a href="${pathOf(sign)}">${common.cancel}</a></p>`,
      ],
    });
  });
  acts('/abort', async ({ request, response }, { uid }) => ({
    to: await signIns.abort(request, response, uid),
  }));
}

import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Recognised } from '../door/door.ts';
import type { SignInUnderWay } from '../sign-ins.ts';
import { read } from './entered.ts';
import {
  currentPassword,
  emailField,
  formPage,
  NOTHING_WRONG,
  passwordWrong,
  type Wrong,
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

const passwordField = (visit: Visit, wrong: Wrong) =>
  currentPassword(visit, { name: 'password', label: visit.texts.fields.password }, wrong);

/** @param email of whoever is signed in; undefined: it cannot be read any more */
function onceMorePage(visit: Visit, sign: SignInUnderWay, email: string | undefined, wrong: Wrong): Answer {
  const { signIn, common } = visit.texts;
  const named =
    email !== undefined &&
    // Managers of passwords look for a name beside the password.
    html`<p>${signIn.signedInAs(email)}</p><input class="unseen" type="text" name="username" autocomplete="username" value="${email}" readonly tabindex="-1" aria-hidden="true">`;
  return formPage(visit, {
    ...{ title: signIn.onceMore, wrong },
    main: [
      html`<p>${signIn.onceMoreWhy}</p>`,
      form(pathOf(sign), named, passwordField(visit, wrong), button(common.continue)),
      cancelling(visit, sign),
    ],
  });
}

function signInPage(visit: Visit, sign: SignInUnderWay, email: string | undefined, wrong: Wrong): Answer {
  const { signIn, fields } = visit.texts;
  return formPage(visit, {
    ...{ title: signIn.title, wrong },
    main: [
      html`<p>${signIn.to(sign.client.name)}</p>`,
      form(
        pathOf(sign),
        emailField(visit, { label: fields.email, value: email, autocomplete: 'username' }, wrong),
        passwordField(visit, wrong),
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
  async function ask(
    visit: Visit,
    sign: SignInUnderWay,
    email?: string,
    wrong = NOTHING_WRONG,
  ): Promise<Answer> {
    if (!sign.stepUp || sign.person === undefined)
      return signInPage(visit, sign, email ?? sign.loginHint, wrong);
    const standing = await door.standing(sign.person);
    return onceMorePage(visit, sign, 'rejected' in standing ? undefined : standing.email, wrong);
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
        onwards: await signIns.finish(request, response, sign.uid, {
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
    if ('troubles' in input || sign.person === undefined)
      return ask(visit, sign, undefined, 'troubles' in input ? input : NOTHING_WRONG);
    const result = await door.confirmPassword(sign.person, input.values.password, visitor);
    if (!('rejected' in result)) return go(visit, sign, result);
    return ask(visit, sign, undefined, passwordWrong(result, visit, 'password'));
  }

  async function signIn(visit: Visit, sign: SignInUnderWay, entered: Entered): Promise<Answer> {
    const input = read(entered, ['email', 'password'], visit.texts);
    if ('troubles' in input) return ask(visit, sign, entered.email, input);
    const result = await door.recognise(input.values, visit.visitor);
    return 'rejected' in result
      ? ask(visit, sign, entered.email, wrongBy(result, visit))
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
    onwards: await signIns.abort(request, response, uid),
  }));
}

import type { PersonId } from '#domain/kernel/ids.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { isRecoveryCode } from '../../identity/factors/recovery-codes.ts';
import type { SecondFactorAnswer, Standing } from '../door/door.ts';
import type { Progress, SignInUnderWay } from '../sign-ins.ts';
import { read } from './entered.ts';
import { codeField, codeWrong, formPage, passkeyWrong, refusedAt } from './form-page.ts';
import { button, field, form, hidden } from './forms.ts';
import { type Answer, type Frame, refusedPage, type Visit } from './frame.ts';
import { html } from './html.ts';
import type { Entered } from './intake.ts';
import { passkeyAnswer, passkeyForm } from './passkeys.ts';
import type { PagesOptions } from './ports.ts';
import { NOTHING_WRONG, type Wrong } from './refused.ts';
import { said } from './registering.ts';
import type { Texts } from './texts/en.ts';
import { pathOf, signInFrame } from './under-way.ts';

// The second step of whoever has told their password just before.

/** How long a password stands for a second factor to come, in milliseconds. */
const PASSWORD_LASTS_MS = 10 * 60_000;

const passed = ({ now }: Visit, { progress }: SignInUnderWay): Progress | undefined =>
  progress?.methods.includes('pwd') && millisecondsOf(now) - progress.atMs < PASSWORD_LASTS_MS
    ? progress
    : undefined;

const purposeOf = ({ stepUp }: SignInUnderWay): 'signIn' | 'stepUp' => (stepUp ? 'stepUp' : 'signIn');

/** What somebody says who has none of what is asked for: by its name where it is one thing. */
function lostWords({ secondFactor }: Texts, { totp, passkeys }: Standing): string {
  if (totp && passkeys.length > 0) return secondFactor.lost;
  return totp ? secondFactor.lostApp : secondFactor.lostPasskey;
}

function recoverySection(visit: Visit, sign: SignInUnderWay, standing: Standing, isOpen: boolean) {
  const { secondFactor, fields, common } = visit.texts;
  const label = { name: 'recoveryCode', label: fields.recoveryCode, hint: fields.recoveryCodeHint };
  const inside = form(
    pathOf(sign, '/second-factor'),
    hidden('by', 'recoveryCode'),
    field(visit.texts, { ...label, autocomplete: 'off', most: 64 }, visit.refused.wrong.troubles),
    button(common.continue, 'plain'),
  );
  return isOpen
    ? html`<section><h2>${secondFactor.withRecoveryCode}</h2>${inside}</section>`
    : html`<details><summary>${lostWords(visit.texts, standing)}</summary>${inside}</details>`;
}

function stepPage(visit: Visit, sign: SignInUnderWay, standing: Standing): Answer {
  const { totp, passkeys, recoveryCodesLeft } = standing;
  // What was tried, where something was.
  const { wrong, entered } = visit.refused;
  const { by } = entered;
  const { secondFactor, common } = visit.texts;
  const at = pathOf(sign, '/second-factor');
  const appSection = html`<section><h2>${secondFactor.withApp}</h2>${form(
    at,
    hidden('by', 'totp'),
    codeField(visit, by === 'totp' ? wrong : NOTHING_WRONG),
    button(common.continue),
  )}</section>`;
  const passkeySection = html`<section><h2>${secondFactor.withPasskey}</h2>${passkeyForm(visit, {
    ...{ action: at, question: pathOf(sign, '/passkey-question'), ceremony: 'get' },
    ...{ label: secondFactor.usePasskey, inside: hidden('by', 'passkey') },
  })}</section>`;
  const isOpen = by === 'recoveryCode' || (!totp && passkeys.length === 0);
  return formPage(visit, {
    title: secondFactor.title,
    main: [
      html`<p>${secondFactor.why}</p>`,
      totp && appSection,
      passkeys.length > 0 && passkeySection,
      recoveryCodesLeft > 0 && recoverySection(visit, sign, standing, isOpen),
      form(pathOf(sign, '/abort'), button(common.cancel, 'plain')),
    ],
  });
}

/** What was answered, or what is wrong with it. */
function answerIn(entered: Entered, { texts }: Visit): SecondFactorAnswer | Wrong {
  if (entered.by === 'passkey') {
    const answer = passkeyAnswer(entered, texts);
    return 'troubles' in answer ? answer : { by: 'passkey', answer: answer.answer };
  }
  if (entered.by === 'recoveryCode') {
    const input = read(entered, ['recoveryCode'], texts);
    return 'troubles' in input ? input : { by: 'recoveryCode', code: input.values.recoveryCode };
  }
  const input = read(entered, ['code'], texts);
  return 'troubles' in input ? input : { by: 'totp', code: input.values.code };
}

/** Of a recovery code in the field of an app: its own field is open, and asks for it. Nothing was tried. */
const elsewhere = ({ texts }: Visit): Wrong => ({
  troubles: [{ field: 'recoveryCode', says: texts.fieldErrors.recoveryCodeHere }],
});

export function secondFactorRoutes(routes: Frame, { door, signIns }: PagesOptions): void {
  const { shows, acts } = signInFrame(routes, signIns);

  async function hasCodes(person: Progress['person']): Promise<boolean> {
    const standing = await door.standing(person);
    return !('rejected' in standing) && standing.recoveryCodesLeft > 0;
  }

  async function ask(visit: Visit, sign: SignInUnderWay, { person }: Progress): Promise<Answer> {
    const standing = await door.standing(person);
    return 'rejected' in standing ? refusedPage(standing, visit) : stepPage(visit, sign, standing);
  }

  /** Whoever comes in by a code hears before they go on that it is used up: how many are left nothing else would tell them. */
  async function recovered(visit: Visit, person: PersonId, to: string): Promise<Answer> {
    const standing = await door.standing(person);
    if ('rejected' in standing) return { to };
    const { secondFactor, common } = visit.texts;
    const why = [secondFactor.recoveredWhy(standing.recoveryCodesLeft), secondFactor.recoveredThen];
    return said(secondFactor.recovered, html`${why.map((says) => html`<p>${says}</p>`)}`, [
      to,
      common.continue,
    ]);
  }

  shows('/second-factor', async (visit, sign) => {
    const progress = passed(visit, sign);
    return progress === undefined ? { to: pathOf(sign) } : ask(visit, sign, progress);
  });

  acts('/second-factor', async (visit, sign, entered) => {
    const progress = passed(visit, sign);
    if (progress === undefined) return { to: pathOf(sign) };
    const { by } = entered;
    const answer = answerIn(entered, visit);
    const at = pathOf(sign, '/second-factor');
    const { person, methods, atMs } = progress;
    if ('troubles' in answer)
      return by === 'totp' && isRecoveryCode(entered.code ?? '') && (await hasCodes(person))
        ? refusedAt(at, elsewhere(visit), { by: 'recoveryCode' })
        : refusedAt(at, answer, { by });
    const result = await door.confirmSecondFactor(person, answer, purposeOf(sign), visit.visitor);
    if ('rejected' in result) {
      const beside = by === 'recoveryCode' ? 'recoveryCode' : 'code';
      const wrong = by === 'passkey' ? passkeyWrong(result, visit) : codeWrong(result, visit, beside);
      return refusedAt(at, wrong, { by });
    }
    const proven = { person, methods: [...methods, result.method], atMs };
    const to = await signIns.finish(visit.request, visit.response, sign.uid, proven);
    return by === 'recoveryCode' ? recovered(visit, person, to) : { to };
  });

  acts('/passkey-question', async (visit, sign) => {
    const progress = passed(visit, sign);
    const question = progress && (await door.passkeyQuestion(progress.person, purposeOf(sign)));
    // The script tells apart only whether there is one: what people can do next stands on the page already.
    return question === undefined || 'rejected' in question ? { json: {}, status: 409 } : { json: question };
  });
}

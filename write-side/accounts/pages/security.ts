import { FactorUnknown } from '#domain/accounts/account/messages.ts';
import { IdempotencyMismatch } from '#domain/kernel/rejections.ts';
import type { FactorAdded, Standing } from '../door/door.ts';
import { doneAt, doneNotice } from './account.ts';
import { fields, read } from './entered.ts';
import { codeField, codeWrong, formPage, passkeyWrong, refusedAt, wrongBy } from './form-page.ts';
import { button, form, hidden, notice } from './forms.ts';
import { type Answer, type Frame, refusedPage } from './frame.ts';
import { type Html, html } from './html.ts';
import { momentIn } from './languages.ts';
import { passkeyAnswer, passkeyForm } from './passkeys.ts';
import { qrPicture } from './picture.ts';
import type { PagesOptions } from './ports.ts';
import { type OwnFrame, type OwnVisit, ownFrame } from './signed-in.ts';

// Second factors. Whoever changes them has just proven who they are.

const AT = '/account/security';

function appSection({ texts: { security } }: OwnVisit, { totp }: Standing) {
  return html`<section><h2>${security.app}</h2><p>${totp ? security.appOn : security.appOff}</p>
<div class="choice">${form(`${AT}/totp`, button(totp ? security.replaceApp : security.addApp, 'plain'))}
${totp && form(`${AT}/totp/remove`, button(security.removeApp, 'danger'))}</div></section>`;
}

function passkeySection(visit: OwnVisit, { passkeys }: Standing) {
  const { texts, language } = visit;
  const { security } = texts;
  const list = passkeys.map(
    ({ passkey, addedAt }, at) =>
      html`<li><div><span>${security.passkey(at + 1)}</span>
<p class="note">${security.passkeyAdded(momentIn(language, addedAt))}</p></div>${form(
        `${AT}/passkeys/remove`,
        hidden('passkey', passkey),
        button(security.removePasskey(at + 1), 'danger'),
      )}</li>`,
  );
  return html`<section><h2>${security.passkeys}</h2><p>${security.passkeysWhy}</p>
${list.length > 0 ? html`<ul class="rows">${list}</ul>` : html`<p>${security.noPasskeys}</p>`}
${passkeyForm(visit, {
  ...{ action: `${AT}/passkeys`, question: `${AT}/passkey-offer`, ceremony: 'create' },
  label: security.addPasskey,
})}</section>`;
}

function recoverySection({ texts: { security } }: OwnVisit, standing: Standing, command: Html) {
  const { recoveryCodesLeft: left, totp, passkeys } = standing;
  if (!totp && passkeys.length === 0)
    return html`<section><h2>${security.recovery}</h2><p>${security.recoveryNeeds}</p></section>`;
  return html`<section><h2>${security.recovery}</h2>
<p>${left > 0 ? security.recoveryLeft(left) : security.recoveryNone}</p>
${left > 0 && html`<p class="note">${security.makeCodesWarning}</p>`}
${form(`${AT}/recovery-codes`, command, button(security.makeCodes, 'plain'))}</section>`;
}

/** An app is set up by its secret, which is shown until a code of it has come: whoever enters a wrong one may have scanned nothing yet. */
function codePage(visit: OwnVisit, enrolled: { secret: string; uri: string } | undefined): Answer {
  const { security, common } = visit.texts;
  const shown =
    enrolled === undefined
      ? html`<p>${security.enterNext}</p>`
      : html`<p>${security.scanWhy}</p>${qrPicture(enrolled.uri, security.picture)}
<p><a href="${enrolled.uri}">${security.openApp}</a></p>
<dl><div><dt>${security.key}</dt><dd class="secret" translate="no">${enrolled.secret.match(/.{1,4}/g)?.join(' ')}</dd></div></dl>
<p>${security.thenCode}</p>`;
  return formPage(visit, {
    ...{ title: security.scan, isOwn: true },
    main: [
      shown,
      form(`${AT}/totp/confirm`, codeField(visit, visit.refused.wrong), button(security.confirmApp)),
      enrolled === undefined && form(`${AT}/totp`, button(security.replaceApp, 'plain')),
      html`<p><a href="${AT}">${common.cancel}</a></p>`,
    ],
  });
}

/** @param done what has come before, where they come with it */
function codesPage(visit: OwnVisit, codes: readonly string[], done?: string): Answer {
  const { security } = visit.texts;
  return formPage(visit, {
    ...{ title: security.codesTitle, isOwn: true },
    main: [
      done !== undefined && notice(done),
      html`<p>${security.codesWhy}</p>
<ul class="codes" translate="no">${codes.map((code) => html`<li>${code}</li>`)}</ul>
<div class="choice unprinted"><a class="button" href="${AT}">${security.codesKept}</a>
<button type="button" class="plain" data-print hidden>${security.print}</button></div>`,
    ],
  });
}

/** Recovery codes come with the first factor, in the answer to its form: what is shown once cannot be asked for again. */
function addedPage(
  visit: OwnVisit,
  { codes, toldElsewhere }: FactorAdded,
  done: 'totpOn' | 'passkeyAdded',
): Answer {
  if (toldElsewhere) return doneAt(AT, 'codesShown');
  return codes.length === 0 ? doneAt(AT, done) : codesPage(visit, codes, visit.texts.done[done]);
}

function totpRoutes({ shows, acts }: OwnFrame, { door, browsers }: PagesOptions): void {
  acts(`${AT}/totp`, AT, async (visit) => {
    const enrolled = await door.enrolTotp(visit.person);
    return 'rejected' in enrolled ? refusedAt(AT, wrongBy(enrolled, visit)) : codePage(visit, enrolled);
  });
  shows(`${AT}/totp/confirm`, async (visit) => codePage(visit, await door.enrolledTotp(visit.person)));
  acts(`${AT}/totp/confirm`, undefined, async (visit, entered) => {
    const input = read(entered, ['code'], visit.texts);
    if ('troubles' in input) return refusedAt(`${AT}/totp/confirm`, input);
    const result = await door.confirmTotp(visit.person, input.values.code, visit.visitor);
    // Sent again behind the first time, it has nothing to turn on any more.
    const at = 'rejected' in result && result.code === FactorUnknown.code ? AT : `${AT}/totp/confirm`;
    if ('rejected' in result) return refusedAt(at, codeWrong(result, visit, 'code'));
    await browsers.proved(visit.request, visit.response, 'otp');
    return addedPage(visit, result, 'totpOn');
  });
  acts(`${AT}/totp/remove`, AT, async (visit) => {
    const result = await door.removeTotp(visit.person);
    return result === undefined ? doneAt(AT, 'totpOff') : refusedAt(AT, wrongBy(result, visit));
  });
}

export function securityRoutes(routes: Frame, options: PagesOptions): void {
  const { door, browsers } = options;
  const own = ownFrame(routes, options, { stepUp: true });
  const { shows, acts, commandField } = own;

  async function page(visit: OwnVisit): Promise<Answer> {
    const { title, why } = visit.texts.security;
    const standing = await door.standing(visit.person);
    if ('rejected' in standing) return refusedPage(standing, visit);
    return formPage(visit, {
      ...{ title, isOwn: true, isWide: true },
      main: [
        doneNotice(visit),
        html`<p>${why}</p>`,
        appSection(visit, standing),
        passkeySection(visit, standing),
        recoverySection(visit, standing, commandField()),
      ],
    });
  }
  shows(AT, (visit) => page(visit));
  totpRoutes(own, options);

  acts(`${AT}/passkey-offer`, AT, async ({ person }) => {
    const offer = await door.passkeyOffer(person);
    return 'rejected' in offer ? { json: {}, status: 409 } : { json: offer };
  });
  acts(`${AT}/passkeys`, AT, async (visit, entered) => {
    const read_ = passkeyAnswer(entered, visit.texts);
    if ('troubles' in read_) return refusedAt(AT, read_);
    const result = await door.addPasskey(visit.person, read_.answer);
    if ('rejected' in result) return refusedAt(AT, passkeyWrong(result, visit));
    await browsers.proved(visit.request, visit.response, result.method);
    return addedPage(visit, result, 'passkeyAdded');
  });
  acts(`${AT}/passkeys/remove`, AT, async (visit, entered) => {
    const passkey = fields.passkey.schema.safeParse(entered.passkey).data ?? '';
    const result = await door.removePasskey(visit.person, passkey);
    return result === undefined ? doneAt(AT, 'passkeyRemoved') : refusedAt(AT, wrongBy(result, visit));
  });
  // What is shown once cannot be asked for again: the answer to the form itself shows it. Loaded anew it makes none: those that were just
  // noted would be void.
  acts(`${AT}/recovery-codes`, AT, async (visit, { command }) => {
    const made = await door.makeRecoveryCodes(visit.person, command);
    if (!('rejected' in made)) return codesPage(visit, made.codes);
    const says = made.code === IdempotencyMismatch.code ? visit.texts.security.codesShown : undefined;
    return refusedAt(
      AT,
      says === undefined ? wrongBy(made, visit) : { rejection: made, troubles: [{ says }] },
    );
  });
}

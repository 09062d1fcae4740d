import { NoProfile } from '#domain/accounts/profile/messages.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { leastCodePoints } from '../../identity/passwords/policy.ts';
import type { Standing } from '../door/door.ts';
import { read } from './entered.ts';
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
import { button, field, form, notice } from './forms.ts';
import { type Answer, type Frame, refusedPage } from './frame.ts';
import { html } from './html.ts';
import { momentIn } from './languages.ts';
import type { OwnProfile, PagesOptions } from './ports.ts';
import type { Wrong } from './refused.ts';
import { ofNewPassword } from './registering.ts';
import { type OwnVisit, ownFrame } from './signed-in.ts';
import type { Texts } from './texts/en.ts';

// Somebody's account, as they see it, and what they change of it.

/** What was just done, told by the page that comes behind it. Its name stands in the address: no other words do. */
export const doneNotice = ({ request, texts }: OwnVisit) => {
  const name = String(request.query.done ?? '');
  return Object.hasOwn(texts.done, name) && notice(texts.done[name as keyof Texts['done']]);
};
export const doneAt = (path: string, done: keyof Texts['done']): { readonly to: string } => ({
  to: `${path}?done=${done}`,
});

function profileSection(
  { texts, roles }: OwnVisit,
  { emailVerified }: Standing,
  profile: OwnProfile | undefined,
) {
  const { account, fields, rejections } = texts;
  if (roles.includes('admin'))
    return html`<section><h2>${account.profile}</h2><p>${rejections.no_profile} ${account.administrates}</p></section>`;
  if (profile === undefined)
    return html`<section><h2>${account.profile}</h2>${
      emailVerified
        ? html`<p>${account.noProfile}</p><p><a href="/account/profile">${account.createProfile}</a></p>`
        : html`<p>${account.profileNeedsEmail}</p>`
    }</section>`;
  return html`<section><h2>${account.profile}</h2>
<dl><div><dt>${fields.name}</dt><dd>${profile.name}</dd></div>
<div><dt>${fields.address}</dt><dd class="lines">${profile.address}</dd></div>
${profile.phone !== undefined && html`<div><dt>${fields.phone}</dt><dd>${profile.phone}</dd></div>`}</dl>
<p><a href="/account/profile">${account.changeProfile}</a></p></section>`;
}

function emailSection({ texts }: OwnVisit, { email, emailVerified, nextEmail }: Standing) {
  const { account } = texts;
  const mark = emailVerified
    ? html`<span class="mark good">${account.verified}</span>`
    : html`<span class="mark">${account.unverified}</span>`;
  return html`<section><h2>${account.email}</h2>
<p class="words">${email ?? account.emailGone} ${mark}</p>
${nextEmail !== undefined && html`<p class="words">${account.emailWaits(nextEmail)}</p>`}
${
  !emailVerified &&
  html`<p>${account.unverifiedEnds}</p>${form('/account/verification', button(account.sendAgain, 'plain'))}`
}
<p>${emailVerified ? html`<a href="/account/email-change">${account.changeEmail}</a>` : account.mistyped}</p></section>`;
}

function securitySection({ texts }: OwnVisit, { totp, passkeys, recoveryCodesLeft }: Standing) {
  const { account } = texts;
  return html`<section><h2>${account.security}</h2>
<dl class="pairs"><div><dt>${account.app}</dt><dd>${totp ? account.on : account.off}</dd></div>
<div><dt>${account.passkeys}</dt><dd>${passkeys.length}</dd></div>
<div><dt>${account.recoveryCodes}</dt><dd>${recoveryCodesLeft}</dd></div></dl>
<p><a href="/account/security">${account.changeSecurity}</a></p></section>`;
}

function overview(visit: OwnVisit, standing: Standing, profile: OwnProfile | undefined): Answer {
  const { texts, language } = visit;
  const { account } = texts;
  const { lockedOutUntil } = standing;
  return formPage(visit, {
    ...{ title: account.title, isWide: true },
    main: [
      doneNotice(visit),
      lockedOutUntil !== undefined &&
        lockedOutUntil > visit.now &&
        notice(account.lockedOut(momentIn(language, lockedOutUntil))),
      html`<div class="sections">${profileSection(visit, standing, profile)}
${emailSection(visit, standing)}
${securitySection(visit, standing)}
<section><h2>${account.password}</h2><p><a href="/account/password">${account.changePassword}</a></p></section>
<section><h2>${account.sessions}</h2><p><a href="/account/sessions">${account.showSessions}</a></p></section>
<section><h2>${account.data}</h2><ul class="links"><li><a href="/account/export">${account.exportLink}</a></li>
<li><a href="/account/close">${account.closeLink}</a></li>
<li><a href="/account/erase">${account.eraseLink}</a></li></ul></section></div>`,
      form('/account/sign-out', button(account.signOut, 'plain')),
    ],
  });
}

function profileRoutes(routes: Frame, options: PagesOptions): void {
  const { shows, acts, send, commandField } = ownFrame(routes, options, { stepUp: false });
  const page = (
    visit: OwnVisit,
    known: { readonly [Field in keyof OwnProfile]?: string | undefined },
  ): Answer => {
    const { texts, refused } = visit;
    const { wrong, entered } = refused;
    const before = { ...known, ...entered };
    const { fields, profile, common } = texts;
    return formPage(visit, {
      ...{ title: profile.title, isOwn: true },
      main: [
        html`<p>${profile.why}</p>`,
        form(
          '/account/profile',
          commandField(),
          field(
            texts,
            { name: 'name', label: fields.name, value: before.name, autocomplete: 'name', most: 200 },
            wrong.troubles,
          ),
          field(
            texts,
            {
              ...{ name: 'address', label: fields.address, hint: fields.addressHint, value: before.address },
              ...{ autocomplete: 'street-address', rows: 4, most: 500 },
            },
            wrong.troubles,
          ),
          field(
            texts,
            {
              ...{ name: 'phone', label: fields.phone, value: before.phone, type: 'tel' },
              ...{ autocomplete: 'tel', isOptional: true, most: 40 },
            },
            wrong.troubles,
          ),
          button(common.save),
        ),
      ],
    });
  };
  shows('/account/profile', async (visit) =>
    visit.roles.includes('admin')
      ? refusedPage(NoProfile({}), visit)
      : page(visit, (await options.own.profile(visit.person)) ?? {}),
  );
  acts('/account/profile', undefined, async (visit, entered) => {
    const input = read(entered, ['name', 'address', 'phone'], visit.texts);
    const again = { name: entered.name, address: entered.address, phone: entered.phone };
    if ('troubles' in input) return refusedAt('/account/profile', input, again);
    const { phone, ...told } = input.values;
    const before = await options.own.profile(visit.person);
    const command = before === undefined ? 'CreateProfile' : 'ChangeProfile';
    const sent = await send(visit, command, { ...told, ...(phone !== undefined && { phone }) }, entered);
    return typeof sent === 'object'
      ? refusedAt('/account/profile', wrongBy(sent, visit), again)
      : doneAt('/account', sent === 'done' ? 'profile' : 'underWay');
  });
}

function passwordRoutes(routes: Frame, options: PagesOptions): void {
  const { shows, acts } = ownFrame(routes, options, { stepUp: false });
  async function page(visit: OwnVisit): Promise<Answer> {
    const { password, fields } = visit.texts;
    const standing = await options.door.standing(visit.person);
    const withSecondFactor = !('rejected' in standing) && (standing.totp || standing.passkeys.length > 0);
    const hint = fields.newPasswordHint(leastCodePoints[withSecondFactor ? 'withSecondFactor' : 'alone']);
    return formPage(visit, {
      ...{ title: password.title, isOwn: true },
      main: [
        html`<p>${password.why}</p>`,
        form(
          '/account/password',
          unseenUsername('rejected' in standing ? undefined : standing.email),
          currentPassword(visit, { name: 'oldPassword', label: fields.oldPassword }),
          newPassword(visit, { name: 'newPassword', label: fields.newPassword, hint }),
          button(password.submit),
        ),
      ],
    });
  }
  shows('/account/password', (visit) => page(visit));
  acts('/account/password', undefined, async (visit, entered) => {
    const input = read(entered, ['oldPassword', 'newPassword'], visit.texts);
    if ('troubles' in input) return refusedAt('/account/password', input);
    const { oldPassword: old, newPassword: password } = input.values;
    const result = await options.door.changePassword(visit.person, { old, password }, visit.visitor);
    // Another password ends every session, this one a moment later: it ends here and now, and its person is told so.
    if (result === undefined) {
      await options.browsers.signOut(visit.request, visit.response, '/account/reset/done');
      return 'answered';
    }
    const beside = result.code in ofNewPassword ? wrongBy(result, visit, ofNewPassword) : undefined;
    return refusedAt('/account/password', beside ?? passwordWrong(result, visit, 'oldPassword'));
  });
}

/** Beside the field that it is about. */
const emailWrong = (result: Rejection, visit: OwnVisit): Wrong =>
  result.code in ofNewEmail ? wrongBy(result, visit, ofNewEmail) : passwordWrong(result, visit, 'password');
const ofNewEmail = { address_unusable: 'email', email_unchanged: 'email' } as const;

function emailRoutes(routes: Frame, options: PagesOptions): void {
  const { door } = options;
  const { acts: actsAtOnce } = ownFrame(routes, options, { stepUp: false });
  const { shows, acts } = ownFrame(routes, options, { stepUp: true });
  const page = async (visit: OwnVisit): Promise<Answer> => {
    const { emailChange, fields } = visit.texts;
    const standing = await door.standing(visit.person);
    const now = 'rejected' in standing ? undefined : standing.email;
    return formPage(visit, {
      ...{ title: emailChange.title, isOwn: true },
      main: [
        now !== undefined && html`<p class="words">${emailChange.now(now)}</p>`,
        form(
          '/account/email-change',
          emailField(visit, { label: emailChange.field, autocomplete: 'email' }),
          unseenUsername(now),
          currentPassword(visit, { name: 'password', label: fields.password }),
          button(emailChange.submit),
        ),
      ],
    });
  };
  shows('/account/email-change', (visit) => page(visit));
  acts('/account/email-change', undefined, async (visit, entered) => {
    const input = read(entered, ['email', 'password'], visit.texts);
    const { email } = entered;
    if ('troubles' in input) return refusedAt('/account/email-change', input, { email });
    const result = await door.askEmailChange(visit.person, input.values, visit.visitor);
    return result === undefined
      ? doneAt('/account', 'emailChange')
      : refusedAt('/account/email-change', emailWrong(result, visit), { email });
  });
  actsAtOnce('/account/verification', '/account', async (visit) => {
    const result = await door.sendVerification(visit.person, visit.visitor);
    return result === undefined
      ? doneAt('/account', 'verification')
      : refusedAt('/account', wrongBy(result, visit));
  });
}

export function accountRoutes(routes: Frame, options: PagesOptions): void {
  const { door, own } = options;
  const { shows } = ownFrame(routes, options, { stepUp: false });
  shows('/account', async (visit) => {
    const standing = await door.standing(visit.person);
    if ('rejected' in standing) return refusedPage(standing, visit);
    return overview(visit, standing, await own.profile(visit.person));
  });
  profileRoutes(routes, options);
  passwordRoutes(routes, options);
  emailRoutes(routes, options);
}

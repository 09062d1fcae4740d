import type { Language } from '#domain/kernel/ports/mail.ts';
import type { House } from '#runtime/house.ts';
import type { ProviderPages } from '../sign-ins.ts';
import { button, field, summary, type Trouble } from './forms.ts';
import { attributes, Html, html, type Shown } from './html.ts';
import { texts as allTexts } from './languages.ts';
import { layout } from './layout.ts';
import { pageHeaders } from './policy.ts';

// What the provider shows by itself, in the same frame as all pages.

/** What there is in a form of the provider's: where it goes, and what it keeps hidden, escaped already. */
interface Parts {
  readonly id: string;
  readonly action: string;
  readonly hidden: Html;
}

const HIDDEN = /<input\s+type="hidden"\s+name="[^"<>]*"\s+value="[^"<>]*"\s*\/?>/g;

/**
 * The provider's forms carry a field without a label, and a script inside an attribute, which our policy forbids: what they are for
 * is taken from them, and the rest written anew.
 *
 * @throws TypeError for what is no form of the provider's
 */
function partsOf(form: string): Parts {
  const [, id] = /<form\b[^>]*\bid="([\w.-]+)"/.exec(form) ?? [];
  const [, action] = /<form\b[^>]*\baction="([^"<>]*)"/.exec(form) ?? [];
  if (id === undefined || action === undefined)
    throw new TypeError('a form of the provider that has no place to go to');
  return { id, action, hidden: new Html((form.match(HIDDEN) ?? []).join('\n')) };
}

const formOf = ({ id, action, hidden }: Parts, ...inside: readonly Shown[]): Html =>
  html`<form id="${id}" method="post" action="${new Html(action)}" novalidate>
${hidden}
${inside}
</form>`;

const choice = (label: string, name: string | undefined, kind: 'main' | 'plain'): Html =>
  name === undefined
    ? button(label, kind)
    : html`<button type="submit" name="${name}" value="yes"${attributes({ class: kind !== 'main' && kind })}>${label}</button>`;

const showing =
  (house: House) =>
  (
    language: Language,
    title: string,
    main: readonly Shown[],
    {
      troubles = [],
      ...more
    }: { readonly troubles?: readonly Trouble[]; readonly here?: string; readonly onwards?: string } = {},
  ): string => {
    const texts = allTexts[language];
    const shown = html`${summary(texts, troubles)}
<h1>${title}</h1>
${main}`;
    const { here, ...onwards } = more;
    return layout({ title, main: shown, isError: troubles.length > 0, ...onwards }, language, here, house);
  };

/** The code that a device shows may stand in the address by which somebody came: it is kept, to be compared with. */
const codeIn = (form: string): string | undefined =>
  /<input\s[^>]*\bvalue="([\w -]*)"[^>]*\bname="user_code"/.exec(form.replaceAll(HIDDEN, ''))?.[1];

/** Where somebody signs in on a device. */
const devicePages = (
  show: ReturnType<typeof showing>,
): Pick<ProviderPages, 'deviceCode' | 'deviceConfirm' | 'deviceDone'> => ({
  deviceCode({ form, language, problem, code }) {
    const texts = allTexts[language];
    const { device, common } = texts;
    const troubles = problem === undefined ? [] : [{ field: 'user_code', says: device[problem] }];
    return show(
      language,
      device.title,
      [
        html`<p>${device.why}</p>`,
        formOf(
          partsOf(form),
          field(
            texts,
            {
              ...{ name: 'user_code', label: device.code, autocomplete: 'off', most: 64 },
              value: code ?? codeIn(form),
            },
            troubles,
          ),
          button(common.continue),
        ),
      ],
      // The one that can be asked for again: by whatever path the provider shows it.
      { troubles, here: '' },
    );
  },

  deviceConfirm({ form, language, client, code }) {
    const { device } = allTexts[language];
    return show(language, device.confirm, [
      html`<p class="code" translate="no">${code}</p><p>${device.confirmWhy(client)}</p>`,
      formOf(
        partsOf(form),
        html`<div class="choice">${choice(device.yes, undefined, 'main')}${choice(device.no, 'abort', 'plain')}</div>`,
      ),
    ]);
  },

  deviceDone({ language, client }) {
    const { device } = allTexts[language];
    return show(language, device.done, [html`<p>${device.doneWhy(client)}</p>`]);
  },
});

export function providerPages(house: House): ProviderPages {
  const show = showing(house);
  return {
    headers: pageHeaders,

    leaving({ to, language }) {
      const { common } = allTexts[language];
      // Browsers ask before they open an app, or wait until somebody presses something: the page stays, and its button leads there as often as
      // it is pressed.
      const [title, why] = /^https?:/.test(to)
        ? [common.goOn, common.goOnWhy]
        : [common.toApp, common.toAppWhy];
      return show(
        language,
        title,
        [html`<p>${why}</p><p><a class="button" href="${to}">${common.continue}</a></p>`],
        { onwards: to },
      );
    },

    ...devicePages(show),

    signOut({ form, language }) {
      const { provider } = allTexts[language];
      return show(language, provider.signOut, [
        html`<p>${provider.signOutWhy}</p>`,
        formOf(
          partsOf(form),
          html`<div class="choice">${choice(provider.yes, 'logout', 'main')}${choice(provider.no, undefined, 'plain')}</div>`,
        ),
      ]);
    },

    signedOut({ language, isSignedIn }) {
      const { provider, account, layout: said } = allTexts[language];
      if (isSignedIn)
        return show(language, provider.stillIn, [
          html`<p>${provider.stillSignedIn} ${provider.stillInWhy}</p>
<p><a class="button" href="/account/sign-out">${account.signOut}</a></p>
<p><a href="/account">${said.toAccount}</a></p>`,
        ]);
      return show(language, provider.signedOut, [html`<p>${provider.signedOutWhy}</p>`]);
    },

    notSignedIn({ language, why, again, isSignedIn }) {
      const { provider, signIn, layout: said, common } = allTexts[language];
      const [title, words] = (
        {
          stopped: [provider.stopped, isSignedIn ? provider.stillSignedIn : provider.stoppedWhy],
          refused: [provider.refused, provider.refusedWhy],
          over: [signIn.over, signIn.overWhy],
        } as const
      )[why];
      const anew =
        again !== undefined && html`<p><a class="button" href="${again}">${provider.again}</a></p>`;
      // Whoever comes there and is not signed in is asked to.
      const toAccount = html`<p><a href="/account">${isSignedIn ? said.toAccount : common.signIn}</a></p>`;
      return show(language, title, [html`<p>${words}</p>`, anew, again !== '/account' && toAccount]);
    },

    problem({ language, code, description }) {
      const { provider, layout: said } = allTexts[language];
      return show(language, provider.problem, [
        html`<p>${provider.problemWhy}</p><p><code>${code}</code></p>${description !== undefined && html`<p class="note" lang="en">${description}</p>`}
<p><a href="/account">${said.toAccount}</a></p>`,
      ]);
    },
  };
}

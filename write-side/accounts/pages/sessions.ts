import { doneAt, doneNotice } from './account.ts';
import { fields } from './entered.ts';
import { formPage, refusedAt, wrongBy } from './form-page.ts';
import { button, form, hidden } from './forms.ts';
import type { Answer, Frame } from './frame.ts';
import { html } from './html.ts';
import { momentIn } from './languages.ts';
import type { OwnSession, PagesOptions } from './ports.ts';
import { said } from './registering.ts';
import { type OwnVisit, ownFrame } from './signed-in.ts';

// Where somebody is signed in, and how they end it.

const AT = '/account/sessions';
const SIGNED_OUT = '/account/signed-out';

function row({ texts, language, session: here }: OwnVisit, of: OwnSession) {
  const { sessions } = texts;
  const since = momentIn(language, of.openedAt);
  const system = of.system ?? sessions.own;
  const label = sessions.endOf(system, since);
  return html`<li><div><strong>${system}</strong>${of.session === here && html` <span class="mark good">${sessions.here}</span>`}
<p class="note">${of.browser ?? sessions.unknownBrowser}</p>
<p class="note">${sessions.opened} <time datetime="${of.openedAt}">${since}</time></p>
<p class="note">${sessions.used} <time datetime="${of.lastUsedAt}">${momentIn(language, of.lastUsedAt)}</time></p>
<p class="note">${sessions.until} <time datetime="${of.expiresAt}">${momentIn(language, of.expiresAt)}</time></p>
<p class="note">${sessions.from} ${of.address ?? sessions.unknownAddress}</p></div>
<form method="post" action="${AT}">${hidden('session', of.session)}<button type="submit" class="danger" aria-label="${sessions.end}: ${label}">${sessions.end}</button></form></li>`;
}

export function sessionRoutes(routes: Frame, options: PagesOptions): void {
  const { browsers, own } = options;
  const { shows, acts, send, commandField } = ownFrame(routes, options, { stepUp: false });

  async function page(visit: OwnVisit): Promise<Answer> {
    const { sessions } = visit.texts;
    const open = await own.sessions(visit.person);
    return formPage(visit, {
      ...{ title: sessions.title, isOwn: true, isWide: true },
      main: [
        doneNotice(visit),
        open.length === 0
          ? html`<p>${sessions.none}</p>`
          : html`<ul class="rows">${open.map((each) => row(visit, each))}</ul>`,
        html`<section><p>${sessions.endAllWhy}</p>${form(
          `${AT}/end-all`,
          commandField(),
          button(sessions.endAll, 'danger'),
        )}</section>`,
      ],
    });
  }

  async function signOut({ request, response }: OwnVisit): Promise<Answer> {
    await browsers.signOut(request, response, SIGNED_OUT);
    return 'answered';
  }

  shows(AT, (visit) => page(visit));
  acts(AT, undefined, async (visit, entered) => {
    const session = fields.session.schema.safeParse(entered.session).data ?? '';
    if (session === visit.session) return signOut(visit);
    const sent = await send(visit, 'EndSession', { session }, entered);
    if (typeof sent === 'object') return refusedAt(AT, wrongBy(sent, visit));
    return doneAt(AT, sent === 'done' ? 'sessionEnded' : 'underWay');
  });
  acts(`${AT}/end-all`, AT, async (visit, entered) => {
    const sent = await send(visit, 'EndAllSessions', { everywhere: true }, entered);
    return typeof sent === 'object' ? refusedAt(AT, wrongBy(sent, visit)) : signOut(visit);
  });

  shows('/account/sign-out', async (visit) => {
    const { account } = visit.texts;
    return formPage(visit, {
      ...{ title: account.signOut, isOwn: true },
      main: [html`<p>${account.signOutWhy}</p>`, form('/account/sign-out', button(account.signOut))],
    });
  });
  acts('/account/sign-out', undefined, signOut);
  routes.shows(SIGNED_OUT, async ({ texts: { account, provider, common } }) =>
    said(account.signedOut, provider.signedOutWhy, ['/account', common.signIn]),
  );
}

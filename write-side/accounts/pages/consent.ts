import type { SignInUnderWay } from '../sign-ins.ts';
import { formPage } from './form-page.ts';
import { button, form, hidden } from './forms.ts';
import type { Frame, Visit } from './frame.ts';
import { html } from './html.ts';
import type { PagesOptions } from './ports.ts';
import { reachOf } from './reach.ts';
import { anotherAccount } from './sign-in.ts';
import { pathOf, signInFrame } from './under-way.ts';

// May this system have that? All that it then could do is said, by what it is named in the catalogue of what people may do, and for how long.

/** Which system, and where it takes them: a name may be anybody's, and an address is its own. */
function whoPart({ texts: { consent } }: Visit, { client, leadsTo }: SignInUnderWay) {
  return html`<p>${leadsTo === undefined ? consent.onDevice(client.name) : consent.leadsTo(client.name, leadsTo)}</p>`;
}

function toldPart({ texts: { consent } }: Visit, { scopes }: SignInUnderWay) {
  // What we do not know nobody is told. For how long is said below, of whoever asks for `offline_access` or not.
  const told = Object.entries(consent.scopes).filter(([scope]) => scopes.includes(scope));
  if (told.length === 0) return undefined;
  return html`<h2>${consent.told}</h2><ul class="asked">${told.map(([, words]) => html`<li>${words}</li>`)}</ul>`;
}

function reachPart({ texts: { consent } }: Visit, reach: ReturnType<typeof reachOf>) {
  const list = (names: readonly (keyof typeof consent.reach)[]) =>
    html`<ul class="asked">${names.map((name) => html`<li>${consent.reach[name]}</li>`)}</ul>`;
  return html`<h2>${consent.may}</h2>${list(reach.always)}
<h2>${consent.mayProven}</h2>${list(reach.proven)}`;
}

function endPart({ texts: { consent } }: Visit, { lastsDays }: SignInUnderWay) {
  return html`<h2>${consent.howLong}</h2>
<p>${lastsDays === undefined ? consent.lastsMinutes : consent.lastsDays(lastsDays)}</p>
<p>${consent.withdraw}</p>
<p><a href="/account/sessions">${consent.withdrawAt}</a></p>`;
}

export function consentRoutes(routes: Frame, { door, known, signIns }: PagesOptions): void {
  const { shows, acts } = signInFrame(routes, signIns);

  shows('/consent', async (visit, sign) => {
    if (sign.prompt !== 'consent' || sign.person === undefined) return { to: pathOf(sign) };
    const { consent, signIn } = visit.texts;
    const [standing, account] = await Promise.all([door.standing(sign.person), known.account(sign.person)]);
    const email = 'rejected' in standing ? undefined : standing.email;
    return formPage(visit, {
      title: consent.title(sign.client.name),
      main: [
        email !== undefined && html`<p>${signIn.signedInAs(email)}</p>`,
        whoPart(visit, sign),
        toldPart(visit, sign),
        reachPart(visit, reachOf(account?.roles ?? [])),
        endPart(visit, sign),
        html`<div class="choice">${form(pathOf(sign, '/consent'), hidden('decision', 'allow'), button(consent.allow))}
${form(pathOf(sign, '/consent'), hidden('decision', 'deny'), button(consent.deny, 'plain'))}</div>`,
        anotherAccount(visit, sign),
      ],
    });
  });

  acts('/consent', async ({ request, response }, sign, { decision }) => {
    if (sign.prompt !== 'consent') return { to: pathOf(sign) };
    const answer = decision === 'allow' ? signIns.allow : signIns.abort;
    return { to: await answer.call(signIns, request, response, sign.uid) };
  });
}

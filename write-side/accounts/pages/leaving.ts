import { z } from 'zod';
import { currencies } from '#domain/kernel/currencies.ts';
import { Currency } from '#domain/kernel/money.ts';
import { WalletNotOpen } from '#domain/wallets/wallet/messages.ts';
import { doneAt, doneNotice } from './account.ts';
import { read } from './entered.ts';
import { formPage, refusedAt, wrongBy } from './form-page.ts';
import { button, form, hidden, tick } from './forms.ts';
import type { Answer, Frame } from './frame.ts';
import { type Html, html } from './html.ts';
import type { PagesOptions } from './ports.ts';
import { openWallets } from './refusals.ts';
import { type OwnVisit, ownFrame } from './signed-in.ts';

const WalletList = z.array(Currency).max(currencies.size);

// What somebody takes with them, and how they leave. Whoever asks for it has just proven who they are.

const WALLETS = '/account/wallets/close';
type LeftBy = 'close' | 'erase';

/** Who leaves closes their wallets first: this does it here, for those that are empty. */
function walletsForm({ texts, refused }: OwnVisit, by: LeftBy): Html | undefined {
  const { rejection } = refused.wrong;
  const open = rejection === undefined ? [] : openWallets(rejection);
  if (open.length === 0) return undefined;
  const { close } = texts;
  return form(
    WALLETS,
    html`<p>${close.walletsWhy}</p>`,
    hidden('currencies', open.join(' ')),
    hidden('by', by),
    button(close.closeWallets, 'plain'),
  );
}

function closePage(visit: OwnVisit, command: ReturnType<typeof html>): Answer {
  const { close, fields } = visit.texts;
  return formPage(visit, {
    ...{ title: close.title, isOwn: true },
    main: [
      doneNotice(visit),
      walletsForm(visit, 'close'),
      html`<p>${close.why}</p>`,
      form(
        '/account/close',
        command,
        tick('close', fields.close, visit.refused.wrong.troubles),
        button(close.submit, 'danger'),
      ),
    ],
  });
}

function erasePage(visit: OwnVisit, command: ReturnType<typeof html>): Answer {
  const { erase, fields } = visit.texts;
  return formPage(visit, {
    ...{ title: erase.title, isOwn: true },
    main: [
      doneNotice(visit),
      walletsForm(visit, 'erase'),
      html`<p>${erase.why}</p><ul>${erase.what.map((line) => html`<li>${line}</li>`)}</ul>
<p>${erase.money}</p><p><a href="/account/export">${erase.first}</a></p>`,
      form(
        '/account/erase',
        command,
        tick('erase', fields.erase, visit.refused.wrong.troubles),
        button(erase.submit, 'danger'),
      ),
    ],
  });
}

export function leavingRoutes(routes: Frame, options: PagesOptions): void {
  const { door, browsers } = options;
  const { shows, acts, send, commandField } = ownFrame(routes, options, { stepUp: true });

  shows('/account/export', async (visit) => {
    const { export: said } = visit.texts;
    return formPage(visit, {
      ...{ title: said.title, isOwn: true },
      main: [html`<p>${said.why}</p>`, form('/account/export', button(said.submit))],
    });
  });
  acts('/account/export', undefined, async (visit) => {
    const exported = await door.exportOf(visit.person);
    return 'rejected' in exported
      ? refusedAt('/account/export', wrongBy(exported, visit))
      : { download: exported, name: `annals-${visit.now.slice(0, 10)}.json` };
  });

  /** Both end what this browser is signed in by: it is told so, and forgets it. */
  const leaves = (
    name: LeftBy,
    command: 'CloseAccount' | 'EraseMe',
    page: (visit: OwnVisit, command: ReturnType<typeof html>) => Answer,
  ): void => {
    const path = `/account/${name}`;
    shows(path, async (visit) => page(visit, commandField()));
    acts(path, undefined, async (visit, entered) => {
      const input = read(entered, [name], visit.texts);
      if ('troubles' in input) return refusedAt(path, input);
      const sent = await send(visit, command, { forGood: true }, entered);
      if (typeof sent === 'object') return refusedAt(path, wrongBy(sent, visit));
      await browsers.signOut(visit.request, visit.response, `${path}/done`);
      return 'answered';
    });
    routes.shows(`${path}/done`, async ({ texts }) => {
      const { done, doneWhy } = texts[name];
      return { page: { title: done, main: html`<h1>${done}</h1><p>${doneWhy}</p>` } };
    });
  };
  acts(WALLETS, '/account/close', async (visit, { currencies: named = '', by }) => {
    const path = by === 'erase' ? '/account/erase' : '/account/close';
    const open = WalletList.safeParse(named.split(' ')).data ?? [];
    for (const currency of open) {
      const sent = await send(visit, 'CloseWallet', { currency }, {});
      // One that is closed already is as it should be.
      if (typeof sent === 'object' && sent.code !== WalletNotOpen.code)
        return refusedAt(path, wrongBy(sent, visit));
    }
    return doneAt(path, 'wallets');
  });
  leaves('close', 'CloseAccount', closePage);
  leaves('erase', 'EraseMe', erasePage);
}

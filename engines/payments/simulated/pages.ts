import { type Response, Router, urlencoded } from 'express';
import { z } from 'zod';
import { shown } from '#domain/kernel/currencies.ts';
import { money } from '#domain/kernel/money.ts';
import type { ProviderPayment } from './ledger.ts';
import type { Decided, SimulatedProvider } from './provider.ts';

const Decision = z.object({ decision: z.enum(['confirm', 'decline']) });

const html = (body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Confirm your payment</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 28rem; margin: 15vh auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1rem; margin-right: .5rem }</style>
${body}
</html>
`;

const form = ({ amount, currency, expires_at }: ProviderPayment): string =>
  html(`<h1>3-D Secure</h1>
<p>Simulated provider: pay <strong>${shown(money(BigInt(amount), currency))}</strong> into your wallet?
The page may be answered until ${expires_at}.</p>
<form method="post">
<button name="decision" value="confirm">Confirm</button>
<button name="decision" value="decline">Decline</button>
</form>`);

const outcomes: Readonly<Record<Decided, { readonly status: number; readonly text: string }>> = {
  confirmed: { status: 200, text: 'The payment is confirmed. The house credits it to you.' },
  declined: { status: 200, text: 'The payment is declined. Nothing was paid.' },
  expired: { status: 410, text: 'The payment was not confirmed in time. Nothing was paid.' },
  unknown: { status: 404, text: 'There is no such payment.' },
};

function answer(response: Response, status: number, page: string): void {
  response
    .status(status)
    .set({
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    })
    .type('html')
    .send(page);
}

const say = (response: Response, decided: Decided): void =>
  answer(response, outcomes[decided].status, html(`<p>${outcomes[decided].text}</p>`));

/**
 * The provider's 3-D Secure page, `GET` and `POST /<token>`. The token cannot be guessed and is told to the payer alone;
 * no cookie takes part, so another site has nothing to abuse. A `GET` decides nothing: previews of links are harmless.
 */
export function simulatedPaymentPages(provider: SimulatedProvider): Router {
  const router = Router();
  router.get('/:token', ({ params }, response) => {
    const shown = provider.shown(params.token);
    if (shown === undefined) return say(response, 'unknown');
    return shown.decided === undefined
      ? answer(response, 200, form(shown.payment))
      : say(response, shown.decided);
  });
  router.post('/:token', urlencoded({ extended: false, limit: '1kb' }), ({ params, body }, response) => {
    const decision = Decision.safeParse(body);
    if (!decision.success) return answer(response, 400, html('<p>Confirm or decline, please.</p>'));
    return say(response, provider.decide(params.token, decision.data.decision));
  });
  return router;
}

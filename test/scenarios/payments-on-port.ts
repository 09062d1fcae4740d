import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import express from 'express';
import { wallets } from '#compose/contexts/wallets.ts';
import { addressesBehind } from '#compose/http/addresses.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { PaymentNotice as Notice, SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { sign } from '#domain/kernel/signature.ts';
import { OpenWallet, RequestTopUp } from '#domain/wallets/wallet/messages.ts';
import { simulatedPaymentPages } from '#engines/payments/simulated/pages.ts';
import { simulatedProvider } from '#engines/payments/simulated/provider.ts';
import { followChain } from '#runtime/chain.ts';
import { paymentsGateway } from '#sagas/wallets/payments-gateway.ts';
import { describedBy } from '#test/support/described.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import { openApi } from '#write-side/rest/openapi.ts';
import { paymentWebhooks } from '#write-side/wallets/payment-webhooks.ts';
import { unreadNotices } from '#write-side/wallets/unread-notices.ts';

// The write side of the wallets with the simulated provider in front of it: what it says comes over a port.

export const currency = 'USD';
export const ann = someone('ann', 'bidder');
export const bob = someone('bob', 'bidder');
export const secret = 'a secret of the test';
/** What OpenAPI tells providers to expect: every answer to a notice is held against it. */
const description = describedBy(openApi(registryOf([wallets.messages]), { version: '0' }));

/** A text that the first of these events says. */
export function told([event]: readonly { readonly data: object }[], field: string): string {
  const text: unknown = Object.entries(event?.data ?? {}).find(([name]) => name === field)?.[1];
  if (typeof text !== 'string') throw new Error(`nothing says ${field}`);
  return text;
}

/** A platform with the simulated provider in front of it, over HTTP on loopback; the notices wait until `deliver()`. */
export async function givenPayments(t: TestContext, declines?: () => string | undefined) {
  const platform = givenPlatform({
    contexts: [wallets.messages],
    deciders: wallets.deciders,
    reactions: wallets.reactions,
  });
  const { clock, registry, pipeline, store } = platform;
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const notices: { body: Buffer; signature: string }[] = [];
  const provider = simulatedProvider({
    file: ':memory:',
    pageUrl: () => `${base}/pay`,
    secret,
    clock,
    async deliver(body, signature) {
      notices.push({ body: Buffer.from(body), signature });
      return true;
    },
    ...(declines && { declines }),
  });
  app.use('/pay', simulatedPaymentPages(provider));
  const webhook = { dispatch: pipeline.dispatch, provider: provider.name, secrets: [secret], clock };
  const unread = unreadNotices({ clock, log: noLog });
  app.use('/webhooks/payments', paymentWebhooks({ ...webhook, unread, addressOf: addressesBehind([]).of }));
  t.after(async () => {
    await provider.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await pipeline.drain();
  });

  const gateway = paymentsGateway({
    ...{ provider, dispatch: pipeline.dispatch, registry, clock },
    machineClock: clock,
  });
  const ask = async (): Promise<void> => {
    const { events } = await store.readAll({ limit: 1_000, filter: gateway.filter });
    await gateway.handle(events.map(registry.decode), new AbortController().signal);
  };
  const post = async (body: Buffer, signature: string): Promise<number> => {
    const headers = { [SIGNATURE_HEADER]: signature };
    const response = await fetch(`${base}/webhooks/payments`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers,
    });
    const { status } = response;
    const answer = { status, body: await response.json() };
    assert.equal(description.answerProblem('post', '/webhooks/payments', answer), undefined);
    return status;
  };
  const tell = (notice: PaymentNotice): Promise<number> => {
    const body = Buffer.from(JSON.stringify(Notice.encode(notice)));
    return post(body, sign(secret, clock.now(), body));
  };
  const types = async (stream: string): Promise<string[]> =>
    (await platform.history(stream)).map(({ type }) => type);
  /** Does what the catch-up consumer does: follows every event to the end of its chain, until nothing new comes of it. */
  const settled = async (): Promise<void> => {
    for (let followed = 0; ; ) {
      const { events } = await store.readAll({ limit: 1_000 });
      if (events.length === followed) return;
      for (const event of events.map(registry.decode))
        await followChain({ dispatch: pipeline.dispatch, registry, reactions: wallets.reactions, event });
      followed = events.length;
    }
  };
  /** Asks for a payment in and lets the gateway ask the provider; the page where it is confirmed. */
  const startTopUp = async (amount: bigint) => {
    const reply = await platform.send(RequestTopUp({ amount, currency }), ann);
    const paymentId = told(reply.events, 'paymentId');
    await settled();
    await ask();
    const url = told((await platform.history(`payment-${paymentId}`)).slice(1), 'url');
    return { paymentId, url };
  };
  const decide = (url: string, decision: string): Promise<Response> =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ decision }) });
  const everything = async () => (await store.readAll({ limit: 1_000 })).events;
  return { ...platform, everything, ask, post, tell, types, notices, startTopUp, decide, settled, provider };
}

export const open = OpenWallet({ currency });
const ids = { n: 0 };
export const noticeOf = (paymentId: string, more: Partial<PaymentNotice> = {}): PaymentNotice => ({
  noticeId: `notice-${++ids.n}`,
  paymentId,
  outcome: 'top_up_confirmed',
  amount: 500n,
  currency,
  ...more,
});

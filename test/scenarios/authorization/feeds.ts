import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '#compose/contexts.ts';
import { JSON_TYPE } from '#test/support/customer.ts';
import { type Asker, askers, headersOf, places, url } from './asking.ts';
import { expected, type Told, textOf } from './reading.ts';

const subscriptions = operations.flatMap((context) => Object.entries(context.subscriptions));
/** The first that a feed tells. */
async function begun(asker: Asker, name: string, more: object): Promise<Told> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...JSON_TYPE, accept: 'text/event-stream', ...headersOf(asker) },
    body: JSON.stringify({ query: `subscription { ${textOf('Subscription', name, more)} }` }),
    signal: AbortSignal.timeout(20_000),
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/^data: .+\n\n/m.test(text)) break;
  }
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  if (code === 'unauthenticated' || code === 'forbidden') return code;
  assert.match(text, new RegExp(`"data":\\{"${name}"`), `${name} by ${asker}`);
  return 'shown';
}
for (const [name, subscription] of subscriptions)
  test(`the feed ${name} begins for whoever may follow it, about whose things they may`, async () => {
    const byPerson = 'person' in subscription.args.shape;
    const from = name === 'events' ? { after: places[0] } : {};
    await Promise.all(
      askers.map(async (asker) => {
        const mine = byPerson && asker !== 'nobody' ? { person: asker } : {};
        assert.equal(
          await begun(asker, name, { ...from, ...mine }),
          expected(subscription, asker, true, false),
          asker,
        );
        if (byPerson && asker !== 'cyd')
          assert.equal(
            await begun(asker, name, { ...from, person: 'cyd' }),
            expected(subscription, asker, false, false),
            `${asker} about Cyd`,
          );
      }),
    );
  });

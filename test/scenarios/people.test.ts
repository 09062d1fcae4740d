import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { startHere } from '../support/embedded.ts';
import { PASSWORD, peopleOf } from '../support/people.ts';
import { changesPassword, registers, seesOwnProfileOnly, type World } from '../support/people-scenarios.ts';
import { Visitor } from '../support/visitor.ts';

// What people do with their accounts, asked of the platform itself; behind a gateway `npm run test:gateway` asks it.

const { url } = await startHere({ HOUSE_NAME: 'Vente & Fils', HOUSE_CONTACT: 'hello@vente.example' });
const people = peopleOf(url);
let world: World;
before(async () => {
  world = { people, web: await people.system('web'), noToken: 'unauthenticated' };
});

test('Register: a profile is reached by nobody before they have signed in, and by its person behind it', () =>
  registers(world));

test('Password Changing: only behind signing in, only with the old one, and then the new one alone opens', () =>
  changesPassword(world));

test('Profile Visibility: nobody is shown the profile of another, whichever way they ask', () =>
  seesOwnProfileOnly(world));

test('Sessions: each is known again by its system and its browser, and the one that reads is marked', async () => {
  const email = 'fay@example.org';
  await people.register(email);
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0';
  await people.signIn(world.web, email, { visitor: new Visitor({ 'user-agent': userAgent }) });
  const visitor = new Visitor();
  const asked = await visitor.visit(new URL('/account/sessions', url));
  const { html } = await visitor.submit(
    asked,
    { username: email, 'current-password': PASSWORD },
    '/sign-in/',
  );
  const rows = html.match(/<li><div>.*?<\/form>/gs) ?? [];
  assert.equal(rows.length, 2, html);
  assert.match(rows[0] ?? '', /The pages of your account.*>here<.*a browser that nobody has noted/s);
  assert.match(rows[1] ?? '', /The web(?!.*>here<).*Firefox, Linux/s);
});

test('Registering: whoever does it on the way to a system comes to it in the same browser, and in no other', async () => {
  const { web } = world;
  const email = 'eli@example.org';
  const [visitor, other] = [new Visitor(), new Visitor()];
  const signIn = await visitor.visit(people.authorization(web).asked);
  await visitor.submit(
    await visitor.visit(new URL('/account/register', url)),
    { email, 'new-password': PASSWORD },
    '/account/register',
  );
  const link = await people.mailTo(email, '/account/verify');
  const verified = await visitor.submit(
    await visitor.visit(link),
    { 'current-password': PASSWORD },
    '/account/verify',
  );
  const waits = (page: typeof signIn) =>
    page.links.filter(({ pathname }) => pathname.startsWith('/sign-in/'));
  assert.deepEqual(waits(verified), [signIn.url]);
  assert.match(verified.html, /Go on to The web/);
  assert.deepEqual(waits(await other.visit(verified.url)), []);
  assert.equal((await other.visit(signIn.url)).status, 410);
  assert.ok(
    await people.through(visitor, await visitor.visit(signIn.url), {
      username: email,
      'current-password': PASSWORD,
    }),
  );
  assert.deepEqual(waits(await visitor.visit(verified.url)), [], 'it waits no more');
});

test('The house: its name and where it is reached stand on every page and in mails, its name beside codes and passkeys', async () => {
  const email = 'gus@example.org';
  await people.register(email);
  const visitor = new Visitor();
  const asked = await visitor.visit(new URL('/account', url));
  assert.match(asked.html, /to go on to Vente &amp; Fils</);
  const nowhere = await visitor.visit(new URL('/oidc/auth/nothing', url));
  for (const { html } of [asked, nowhere]) {
    assert.match(html, /<title>[^<]* – Vente &amp; Fils<\/title>/);
    assert.match(html, /<footer>.*hello@vente\.example.*<\/footer>/s);
  }
  const [mail] = await people.mailsTo(email);
  assert.match(mail?.text ?? '', /\n-- \nVente & Fils\n.*hello@vente\.example\n$/s);
  const { access_token: token } = await people.signIn(world.web, email, { more: people.steppedUp });
  const factor = async (path: string) =>
    (await people.send(`/accounts/me/${path}`, undefined, token, 'POST')).body;
  const { uri } = await factor('totp');
  assert.equal(new URL(String(uri)).searchParams.get('issuer'), 'Vente & Fils');
  assert.deepEqual((await factor('passkeys/offer')).rp, { id: new URL(url).hostname, name: 'Vente & Fils' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DefaultTreeAdapterMap, parseFragment } from 'parse5';
import { noHouse } from '#test/support/house.ts';
import { attributeOf, problemsOf, textOf } from '#test/support/pages/walker.ts';
import { field, form, summary } from '#write-side/accounts/pages/forms.ts';
import { attributes, html } from '#write-side/accounts/pages/html.ts';
import { texts } from '#write-side/accounts/pages/languages.ts';
import { layout } from '#write-side/accounts/pages/layout.ts';
import { qrPicture } from '#write-side/accounts/pages/picture.ts';

type Element = DefaultTreeAdapterMap['element'];

const HOSTILE = [
  `"><script>alert(1)</script>`,
  `'><img src=x onerror=alert(1)>`,
  `</textarea></title></main><script>alert(1)</script>`,
  `javascript:alert(1)`,
  `" onfocus="alert(1)" autofocus="`,
  '&lt;b&gt; &amp;amp; &#39;',
  '<!-- --><![CDATA[',
];

/** As parsers of HTML read it: ends of lines are one character, and what is no character is the sign for that. */
const asRead = (text: string): string =>
  text.toWellFormed().replaceAll('\0', '\ufffd').replaceAll(/\r\n?/g, '\n');

test('whatever is put into a template comes out as the text that it is, and as nothing else', () => {
  const texts_ = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
  fc.assert(
    fc.property(texts_, texts_, (one, other) => {
      const { text } =
        html`<p${attributes({ title: one })} lang="${other}">${one}${[other, html`<b>${one}</b>`]}</p>`;
      const { childNodes } = parseFragment(text);
      assert.equal(childNodes.length, 1);
      const [paragraph] = childNodes as readonly Element[];
      assert.equal(paragraph?.tagName, 'p');
      assert.equal(attributeOf(paragraph, 'title'), asRead(one));
      assert.equal(attributeOf(paragraph, 'lang'), asRead(other));
      assert.equal(textOf(paragraph), asRead(one) + asRead(other) + asRead(one));
    }),
    { numRuns: 300 },
  );
});

test('nothing, and no, leave nothing', () => {
  assert.equal(html`<p>${undefined}${false}${[]}${0}</p>`.text, '<p>0</p>');
  assert.equal(attributes({ a: true, b: false, c: undefined, d: '' }).text, ' a d=""');
});

for (const hostile of HOSTILE)
  test(`a page stays whole around ${hostile}`, () => {
    const troubles = [{ field: 'name', says: hostile }, { says: hostile }];
    const main = html`<h1>${hostile}</h1>${summary(texts.en, troubles)}${form(
      '/account',
      field(
        texts.en,
        { name: 'name', label: hostile, hint: hostile, value: hostile, autocomplete: 'name' },
        troubles,
      ),
      field(
        texts.en,
        { name: 'lines', label: hostile, value: hostile, autocomplete: 'off', rows: 3 },
        troubles,
      ),
    )}${qrPicture(hostile, hostile)}`;
    const page = layout(
      { title: hostile, main, isOwn: true },
      'en',
      `/account?x=${encodeURIComponent(hostile)}`,
      { name: hostile, contact: hostile },
    );
    assert.deepEqual(problemsOf(page), []);
    assert.equal(page.includes('<img'), false);
    assert.equal(page.split('<script').length, 2, 'the one of ours');
  });

test('a password that was entered does not come back', () => {
  const { text } = field(texts.en, {
    name: 'p',
    label: 'P',
    type: 'password',
    autocomplete: 'off',
    value: 'secret',
  });
  assert.equal(text.includes('secret'), false);
});

test('links to other languages stay on this host', () => {
  const page = layout(
    { title: 'T', main: html`<h1>T</h1>` },
    'en',
    '//evil.example/account?token=a%26b&lang=ru',
    noHouse,
  );
  assert.match(page, /href="\/evil\.example\/account\?token=a%26b&amp;lang=fr"/);
  assert.deepEqual(problemsOf(page), []);
});

test('what the checks of pages look for they find', () => {
  const around = (inside: string) =>
    `<!doctype html><html lang="en"><head><title>T</title></head><body><h1>T</h1>${inside}</body></html>`;
  assert.deepEqual(problemsOf(around('')), []);
  for (const [inside, problem] of [
    ['<script>1</script>', /inline/],
    ['<style>p{}</style>', /inline/],
    ['<p style="color:red">x</p>', /inline/],
    ['<p onclick="x()">x</p>', /inline/],
    ['<p id="a"></p><p id="a"></p>', /an id twice/],
    ['<input name="a">', /no label/],
    ['<input name="a" id="b" aria-describedby="c"><label for="b">B</label>', /nothing of this id/],
    ['<a href="https://evil.example/">x</a>', /leads out/],
    ['<a href="//evil.example/">x</a>', /leads out/],
    ['<p title="a"title="b">', /duplicate-attribute/],
    ['<h1>2</h1>', /not one heading/],
  ] as const)
    assert.match(problemsOf(around(inside)).join(' '), problem, inside);
});

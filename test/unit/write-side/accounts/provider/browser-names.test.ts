import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserName } from '#write-side/accounts/provider/browser-names.ts';

const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test('a browser is called as people call it', () => {
  const known: readonly (readonly [string | undefined, string | undefined])[] = [
    ['Firefox, Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'],
    ['Firefox, Android', 'Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0'],
    ['Chrome, Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/140.0.0.0 Safari/537.36`],
    ['Edge, Windows', `Mozilla/5.0 (Windows NT 10.0) ${webKit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`],
    ['Chrome, Linux', `Mozilla/5.0 (X11; Linux x86_64) ${webKit} HeadlessChrome/140.0.0.0 Safari/537.36`],
    [
      'Opera, Windows',
      `Mozilla/5.0 (Windows NT 10.0) ${webKit} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0`,
    ],
    ['Chrome, Android', `Mozilla/5.0 (Linux; Android 10; K) ${webKit} Chrome/140.0.0.0 Mobile Safari/537.36`],
    [
      'Safari, iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Mobile/15E148 Safari/604.1',
    ],
    ['Safari, Mac', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.6 Safari/605.1.15'],
    ['Linux', 'something on Linux'],
    [undefined, 'curl/8.5.0'],
    [undefined, undefined],
  ];
  for (const [name, userAgent] of known) assert.equal(browserName(userAgent), name);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogoutUri, RedirectUri } from '#domain/accounts/client/uris.ts';

const https = ['https://shop.example/callback', 'https://shop.example:8443/a?b=c', 'https://[2001:db8::1]/x'];
const here = ['http://127.0.0.1:9/x', 'http://localhost/', 'http://[::1]:80/cb'];
const apps = ['com.example.app:/callback', 'com.example.my-app://callback'];
const neither = [
  'http://shop.example/callback',
  'http://localhost:@evil.example/x',
  'http://127.0.0.1:x@169.254.169.254/',
  'https://a@evil.example/',
  'http://127.0.0.1.evil.example/',
  'http://localhost.evil.example/',
  'https://shop.example/#x',
  'https://*.shop.example/',
  'https://a;script-src.example/',
  'https://a%3Bscript-src.example/',
  'https://a,b.example/',
  "https://a'b.example/",
  'https://a"b.example/',
  'https://a(b).example/',
  'https://shop.example/*',
  'https:\\\\evil.example/',
  'javascript:alert(1)',
  'javascript://x.example/%0aalert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  'blob:https://x.example/1',
  'app:/callback',
  'https://',
  'shop.example/callback',
  'https://shop.example/\u00e9',
  ' https://shop.example/',
  'https://shop.example/\n',
];

test('people are sent back, and systems told of ends, only to where nobody else can stand', () => {
  for (const uri of [...https, ...here]) {
    assert.ok(RedirectUri.safeParse(uri).success, uri);
    assert.ok(LogoutUri.safeParse(uri).success, uri);
  }
  for (const uri of apps) {
    assert.ok(RedirectUri.safeParse(uri).success, uri);
    assert.ok(!LogoutUri.safeParse(uri).success, uri);
  }
  for (const uri of neither) {
    assert.ok(!RedirectUri.safeParse(uri).success, uri);
    assert.ok(!LogoutUri.safeParse(uri).success, uri);
  }
});

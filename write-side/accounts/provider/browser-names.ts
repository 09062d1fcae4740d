// Browsers say more of themselves than anybody has to keep: a name, by which people know theirs again.

type Named = readonly (readonly [name: string, mark: RegExp])[];

// Most of them call themselves what others are called, too: the first that fits is the one.
const BROWSERS: Named = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\b(?:OPR|OPT|OPX)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\//],
  ['Safari', /\bSafari\//],
];
const DEVICES: Named = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Mac', /\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];
const MOST = 1_000;

const nameIn = (all: Named, text: string): string | undefined => all.find(([, mark]) => mark.test(text))?.[0];

/** `Firefox, Android`. Undefined: it does not say. */
export function browserName(userAgent: string | undefined): string | undefined {
  const text = (userAgent ?? '').slice(0, MOST);
  const names = [nameIn(BROWSERS, text), nameIn(DEVICES, text)].filter((each) => each !== undefined);
  return names.length === 0 ? undefined : names.join(', ');
}

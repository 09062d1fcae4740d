import { encode } from 'uqr';
import { type Html, html } from './html.ts';

/** Modules around the code that stay white: readers look for them. */
const QUIET = 4;

/** A QR code as a drawing in the page itself: dark on white, also on a dark page, or no reader finds it. */
export function qrPicture(text: string, label: string): Html {
  const { data, size } = encode(text, { border: QUIET, ecc: 'M' });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return html`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}h-${size}z"/><path fill="#000" d="${dark.join('')}"/></svg>`;
}

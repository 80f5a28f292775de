import type { Markup } from './markup.ts';
import { markupTag } from './markup.ts';
import { sentence } from './visible.ts';

/** HTML; what is filled in stands between tags, or between the quotes of an attribute that is no address. */
export type Html = Markup<'HTML'>;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** One line of HTML: `html`<td title="${name}">${value}</td>``. */
export const html = markupTag('HTML', (text) =>
  sentence(text).replaceAll(/[&<>"'`]/g, (sign) => ENTITIES[sign] ?? sign),
);

/** A text in the language of one medium. Only the tag of the medium makes one, so nothing gets into it as it is. */
export class Markup<M extends string> {
  readonly medium: M;
  readonly text: string;

  constructor(medium: M, text: string) {
    this.medium = medium;
    this.text = text;
  }

  /** Nobody joins markup by `${…}` of a plain template: it would not be escaped, or escaped twice. */
  toString(): never {
    throw new TypeError(`${this.medium} is joined by its own tag`);
  }
}

/** Tag of a template: our words are markup, what is filled in is text from outside unless it is markup already. */
export type MarkupTag<M extends string> = (
  ours: TemplateStringsArray,
  ...filled: readonly (string | number | Markup<M>)[]
) => Markup<M>;

/** @param neutral makes any text mean itself, and one line */
export function markupTag<M extends string>(medium: M, neutral: (text: string) => string): MarkupTag<M> {
  return (ours, ...filled) => {
    const parts = filled.map((value) => (value instanceof Markup ? value.text : neutral(String(value))));
    return new Markup(medium, ours.map((words, index) => `${words}${parts[index] ?? ''}`).join(''));
  };
}

/** Markup of one medium behind each other. */
export function joined<M extends string>(medium: M, parts: readonly Markup<M>[], between: string): Markup<M> {
  return new Markup(medium, parts.map(({ text }) => text).join(between));
}

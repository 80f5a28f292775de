import type { Unread } from '../setting.ts';

/** A text is none of its format; caught in this room. It has a place, and nothing of the text. */
export class Unreadable extends Error {
  readonly unread: Unread;

  constructor(unread: Unread) {
    super(unread.says);
    this.unread = unread;
  }
}

/** The refusal of a text at an offset of it. */
export function unreadableAt(text: string, offset: number, says: string): Unreadable {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return new Unreadable({ says, line, column: offset - before.lastIndexOf('\n') });
}

import { parse, TomlError } from 'smol-toml';
import { DEPTH_LIMIT } from './flatten.ts';
import { Unreadable } from './unreadable.ts';

/** What a TOML text says; sections are objects without prototype. @throws Unreadable */
export function readToml(text: string): unknown {
  try {
    return parse(text, { integersAsBigInt: true, maxDepth: DEPTH_LIMIT });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column, message } = error;
    // The rest of the message repeats the text.
    const isTwice = message.startsWith('Invalid TOML document: trying to redefine');
    throw new Unreadable({ says: isTwice ? 'the same key or section twice' : 'not TOML', line, column });
  }
}

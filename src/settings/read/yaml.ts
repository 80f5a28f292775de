import { Unreadable } from './unreadable.ts';
import { readYamlDocument } from './yaml-document.ts';

/** Uses of anchors: more are how a few lines become any number of settings. */
const ALIAS_LIMIT = 100;

/** What a YAML text of one document says; mappings are maps, in their order. @throws Unreadable */
export function readYaml(text: string): unknown {
  const { document, lines, faults } = readYamlDocument(text, { exact: true });
  const [first] = faults;
  if (first) {
    const { line, col } = lines.linePos(first.offset);
    throw new Unreadable({ says: first.message, line: Math.max(line, 1), column: Math.max(col, 1) });
  }
  // A tag that is not known, as in a template of some platform, leaves the value as it is written.
  return document.toJS({ mapAsMap: true, maxAliasCount: ALIAS_LIMIT });
}

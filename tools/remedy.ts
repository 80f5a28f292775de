import type { ToolEntry } from './catalogue.ts';
import { acceptedRange } from './sources/version.ts';

/** What the operator can do about a tool that no source has. */
export function remedyFor(entry: ToolEntry): string {
  return `Install ${entry.hint}; or set ${entry.variable} to the path of one you have (accepted: ${acceptedRange(entry)}).`;
}

import type { Consequence } from '../consequence.ts';
import { code, type Markdown, md } from '../media/markdown.ts';
import { visible } from '../media/visible.ts';

export { CONSEQUENCES, type Consequence } from '../consequence.ts';

/** A rule that a config does not keep. No value of a secret is in it. */
export interface Finding {
  /** Name of the rule. */
  readonly rule: string;
  readonly object: string;
  readonly key: string;
  /** Path of the setting; empty for the key or file as a whole. */
  readonly path: string;
  /** What is wrong, in words that follow the setting's name. */
  readonly says: string;
  /** What follows. What is not certain is told at most. */
  readonly on: Consequence;
}

/** A line for each: `configmap/app-config config.toml agents.default.timeout_secs is out of bounds … (agents-within-bounds)`. */
export function findingLines(findings: readonly Finding[]): readonly string[] {
  return findings.map((finding) => visible(`${placeOf(finding)} ${finding.says} (${finding.rule})`));
}

/** The same as a list in Markdown, with what follows. */
export function findingsMarkdown(findings: readonly Finding[]): readonly Markdown[] {
  return findings.map(
    (finding) => md`- ${finding.on}: ${code(placeOf(finding))} ${finding.says} (${finding.rule})`,
  );
}

function placeOf({ object, key, path }: Finding): string {
  return [object, key, path].filter(Boolean).join(' ');
}

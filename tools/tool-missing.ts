import type { ToolName } from './catalogue.ts';

/** One tool that no source has. */
export interface MissingTool {
  readonly tool: ToolName;
  /** What was tried and why it did not help, in order. */
  readonly tried: readonly string[];
  /** What to install, and the variable that names an installed one. */
  readonly remedy: string;
}

/** Tools that cannot be had. The message says, for each, what was tried and what to install or set. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';
  readonly code = 'ToolMissing';
  readonly missing: readonly MissingTool[];

  constructor(missing: readonly MissingTool[]) {
    super(missing.map(describe).join('\n'));
    this.missing = missing;
  }
}

function describe({ tool, tried, remedy }: MissingTool): string {
  return `${tool} cannot be had. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n  ${remedy}`;
}

/** A command that tidies up at the end. */
export interface LastCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the parent tells the supervisor, a JSON line each. */
export type Command =
  | {
      readonly do: 'start';
      readonly id: string;
      readonly program: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string | undefined>>;
      readonly log?: string;
    }
  | { readonly do: 'signal'; readonly id: string; readonly signal: NodeJS.Signals }
  | { readonly do: 'at-end'; readonly command: LastCommand };

/** What the supervisor tells the parent. */
export type Report =
  | { readonly event: 'at-end' }
  | { readonly event: 'start'; readonly id: string; readonly pid: number }
  | {
      readonly event: 'exit';
      readonly id: string;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly message?: string;
    };

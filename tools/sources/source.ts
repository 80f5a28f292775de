import type { DownloadSites, ToolEntry, ToolName } from '../catalogue.ts';

/** What a source may use. */
export interface SourceContext {
  readonly name: ToolName;
  readonly entry: ToolEntry;
  /** Folder for this tool in this version on this platform; a source puts the program into it under `name`. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly sites: DownloadSites;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A program that was found. */
export interface Found {
  readonly path: string;
  /** `major.minor.patch`, as the program says itself. */
  readonly version: string;
}

/** Why a source does not have the program, in words for the operator. */
export interface NotFound {
  readonly missing: string;
}

/** Where a tool came from. */
export type SourceName = 'environment' | 'path' | 'cache' | 'download' | 'wheel' | 'built';

/** One place a tool may come from. It throws only when no other place may be asked, and when it is aborted. */
export interface Source {
  readonly name: SourceName;
  find(context: SourceContext): Promise<Found | NotFound>;
}

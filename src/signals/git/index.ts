export { definitionsOf, type GitSignalSettings, gitSignalsSchema } from './settings.ts';
export { createGitSource, type GitSourceOptions } from './source.ts';

export { compareSettings, type SettingChange, type SettingsDifference } from './compare/compare.ts';
export { differenceLines, differenceMarkdown } from './compare/lines.ts';
export { criticalFindings, type LiveConfig, type UnknownFile } from './critical.ts';
export { judgeSettings } from './judge.ts';
export { readFile } from './read/read-file.ts';
export type { ContainerEnvironment, Variable } from './rules/environment.ts';
export {
  type CriticalRules,
  criticalSchema,
  type SettingRule,
} from './rules/schema.ts';
export type { Format, ReadFile, Setting, SourceFile, Unread } from './setting.ts';

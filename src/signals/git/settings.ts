import * as z from 'zod';
import type { SignalDefinition } from '../../domain/need/signals.ts';
import { duration, filePath, section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';

/** A name of a branch as git takes it (git check-ref-format), and nothing that could be an option. */
const BRANCH = /^(?![-/.])(?!.*(\.\.|\/\/|@\{|\/\.|\.lock$|[/.]$))[^\p{Cc} ~^:?*[\\]{1,200}$/u;

/** A path inside the repository. */
const insidePath = () =>
  text(1000).refine((path) => !/^\/|(^|\/)\.\.(\/|$)|\p{Cc}/u.test(path), {
    error: 'expected a path inside the repository, without .. and without / in front',
  });

const gitSignal = section({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,60}$/, 'expected lower case letters, digits and -')
    .describe('Name of the signal, in records and on the command line.'),
  title: text(80).describe('For people, as it stands before a number: commits of the git agent.'),
  repository: filePath()
    .exactOptional()
    .describe(
      'A clone on the worker host: of what agents write to, or an Obsidian vault that is under git. It is read as it is; nothing is fetched.',
    ),
  folder: filePath()
    .exactOptional()
    .describe(
      'In place of a repository: a folder without git, such as an Obsidian vault. Files count by the time of their last change, so it has no past: since when it is so is not known.',
    ),
  authors: z
    .array(text(200))
    .max(20)
    .default([])
    .describe('Only commits of these authors: a part of name or address, in any case. Default: everybody.'),
  paths: z
    .array(insidePath())
    .max(50)
    .default([])
    .describe('Only what changes these folders or files. Default: everything.'),
  branch: z
    .string()
    .regex(BRANCH, 'expected the name of a branch')
    .exactOptional()
    .describe('Default: what the clone has checked out. origin/main counts up to its last fetch.'),
  count: z
    .enum(['commits', 'files'])
    .default('commits')
    .describe('What is counted: commits, or the files that they change. A folder has files alone.'),
  window: duration('1m', '7h').prefault('1h').describe('Time that one value is taken over.'),
  limit: z.int().min(0).max(1_000_000).exactOptional().describe('More than this in a window is bad.'),
  growth: z
    .number()
    .gt(1)
    .max(1000)
    .exactOptional()
    .describe('Bad when it is this many times what it was before the current version was live.'),
  noise: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(5)
    .describe('With growth: a change smaller than this is none.'),
  decides: z
    .boolean()
    .default(false)
    .describe('Whether the question of the release stays open while this cannot be told.'),
})
  .refine(({ repository, folder }) => (repository === undefined) !== (folder === undefined), {
    error: 'give a repository, or a folder that is none',
    path: ['repository'],
  })
  .refine(({ limit, growth }) => limit !== undefined || growth !== undefined, {
    error: 'give limit or growth, or nothing is ever bad',
    path: ['limit'],
  })
  .refine(({ folder, authors, branch }) => !folder || (authors.length === 0 && branch === undefined), {
    error: 'a folder has neither authors nor branches',
    path: ['folder'],
  });

/** `signals.git`: modifications that nobody expects, in repositories and vaults that agents write to (runbook 1). */
export const gitSignalsSchema = z
  .array(gitSignal)
  .max(20)
  .default([])
  .superRefine((signals, context) => {
    signals.forEach(({ id }, index) => {
      if (signals.findIndex((one) => one.id === id) === index) return;
      context.addIssue({ code: 'custom', path: [index, 'id'], message: `there are two signals ${id}` });
    });
  })
  .describe('Commits in a clone, or changed files in a folder, in each window.');

/** The section with its defaults; times are in ms. */
export type GitSignalSettings = SettingsFrom<typeof gitSignalsSchema>[number];

/** What is measured of them. */
export function definitionsOf(settings: readonly GitSignalSettings[]): readonly SignalDefinition[] {
  return settings.map(({ id, title, window, limit, growth, noise, decides }) => ({
    id,
    title,
    unit: 'count',
    windowMs: window,
    // The count is the value itself: none at all is one, too.
    minSamples: 0,
    worse: 'higher',
    ...(limit === undefined ? {} : { limit }),
    ...(growth === undefined ? {} : { growth, noise }),
    decides,
  }));
}

import * as z from 'zod';
import { duration, section } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';

const GIT = 'expected the address of a repository: https://…, ssh://…, git@host:path, or a whole path';

export const reachableSettings = section({
  ...ruleKeys('reachable'),
  timeout: duration('500ms', '15s').prefault('5s').describe('Longest time for a sign of life of each.'),
  registry: z.boolean().default(true).describe('Whether the registry of the image is asked.'),
  prometheus: z.boolean().default(true).describe('Whether Prometheus is asked, where the profile has one.'),
  git: z
    .array(
      z
        .string()
        .max(2000)
        .regex(/^(?:https?:\/\/|ssh:\/\/|git:\/\/|file:\/\/|\/|[\w.-]+@[\w.-]+:)[^\s\p{C}]+$/u, GIT)
        .refine((address) => !/^https?:\/\/[^/]*@/.test(address), {
          error: 'credentials may not stand in an address: git has its own (credential.helper)',
        }),
    )
    .max(10)
    .default([])
    .describe(
      'Repositories that are asked for a sign of life, with what git of the worker is configured with.',
    ),
});

/** What can be set of what is to be reached. */
export type ReachableSettings = SettingsFrom<typeof reachableSettings>;

import * as z from 'zod';
import { section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';
import { isTimeZone } from './zoned-time.ts';

/** In the order of `Date.getUTCDay`. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const INSTANT = 'expected a time with its offset, such as 2026-12-24T00:00:00+01:00';
const instant = () => z.iso.datetime({ offset: true, error: INSTANT });

const CLOCK = 'expected a time of day such as "18:00" (in quotes)';
const clock = () => z.string({ error: CLOCK }).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, CLOCK);

const FROM =
  'When it begins: a time with its offset (2026-12-24T00:00:00+01:00); with days a time of day ("18:00").';
const TO =
  'When it ends, which is outside: a time with its offset; with days a time of day, on the next day where that is not after from.';

const name = () => text(100).describe('Name of the window, as plans and messages say it.');

const absolute = section({
  name: name(),
  from: instant().describe(FROM),
  to: instant().describe(TO),
}).superRefine(({ from, to }, context) => {
  if (Date.parse(to) > Date.parse(from)) return;
  context.addIssue({ code: 'custom', path: ['to'], message: 'expected a time after from' });
});

const recurring = section({
  name: name(),
  days: z
    .array(z.enum(DAYS, { error: `expected days such as fri (${DAYS.join(', ')})` }))
    .min(1, 'expected at least one day')
    .max(7)
    .describe('Of a window that comes again: days on which it begins.'),
  from: clock().describe(FROM),
  to: clock().describe(TO),
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, { error: 'expected a time zone such as Europe/Berlin or UTC' })
    .describe('Of a window that comes again: whose clocks from and to go by, such as Europe/Berlin.'),
});

const WINDOW =
  'expected a window: { name, from, to } with times and their offsets, or { name, days, from, to, timezone }';

/** What is said of a faulty window is said of the form that it has. */
const windowSchema = z.union([absolute, recurring], {
  error: ({ input }) => (typeof input === 'object' && input !== null ? undefined : WINDOW),
});

export const freezeSettings = section({
  ...ruleKeys('freeze'),
  freezes: z
    .array(windowSchema)
    .min(1, 'expected at least one window')
    .max(100)
    .describe('The windows in which nothing is to be released.'),
});

/** What can be set of the change freezes. */
export type FreezeSettings = SettingsFrom<typeof freezeSettings>;
export type FreezeWindow = FreezeSettings['freezes'][number];

import * as z from 'zod';
import { section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';
import { isTimeZone } from './zoned-time.ts';

/** In the order of `Date.getUTCDay`. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const INSTANT = 'expected a time with its offset, such as 2026-12-24T00:00:00+01:00';
const instant = z.iso.datetime({ offset: true });
const CLOCK = 'expected a time of day such as "18:00" (in quotes)';
const clock = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const FROM =
  'When it begins: a time with its offset (2026-12-24T00:00:00+01:00); with days a time of day ("18:00").';
const TO =
  'When it ends, which is outside: a time with its offset; with days a time of day, on the next day where that is not after from.';

/** A window that has days comes again; another one is there once. */
export type FreezeWindow = { readonly name: string; readonly from: string; readonly to: string } & (
  | { readonly days: readonly (typeof DAYS)[number][]; readonly timezone: string }
  | { readonly days?: never }
);

const windowSchema = section({
  name: text(100).describe('Name of the window, as plans and messages say it.'),
  days: z
    .array(z.enum(DAYS, { error: `expected days such as fri (${DAYS.join(', ')})` }))
    .min(1, 'expected at least one day')
    .max(7)
    .describe('Of a window that comes again: days on which it begins.')
    .exactOptional(),
  from: text(40).describe(FROM),
  to: text(40).describe(TO),
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, { error: 'expected a time zone such as Europe/Berlin or UTC' })
    .describe('Of a window that comes again: whose clocks from and to go by, such as Europe/Berlin.')
    .exactOptional(),
})
  .superRefine(({ days, from, to, timezone }, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const [form, isOne] = days
      ? ([CLOCK, (time: string) => clock.test(time)] as const)
      : ([INSTANT, (time: string) => instant.safeParse(time).success] as const);
    const wrong = Object.entries({ from, to }).filter(([, time]) => !isOne(time));
    for (const [path] of wrong) fault(path, form);
    if (days && timezone === undefined) fault('timezone', 'missing: whose clocks from and to go by');
    if (!days && timezone !== undefined) fault('timezone', 'only with days: from and to have their offsets');
    if (!days && wrong.length === 0 && Date.parse(to) <= Date.parse(from)) {
      fault('to', 'expected a time after from');
    }
  })
  .transform(
    ({ name, from, to, days, timezone = 'UTC' }): FreezeWindow =>
      days ? { name, from, to, days, timezone } : { name, from, to },
  );

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

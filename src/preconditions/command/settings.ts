import * as z from 'zod';
import { duration, section, text } from '../../schema-parts/parts.ts';
import { secretReference } from '../../schema-parts/secret-reference.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { ruleKeys } from '../precondition-kind.ts';
import { PLACEHOLDERS, placeholderProblem } from './placeholders.ts';

const ABSOLUTE = 'expected the whole path of a program, such as /usr/local/bin/schema-gate';

/** No program can be given a NUL, and none should be given what is not seen. */
const plain = (most: number) =>
  z
    .string()
    .max(most)
    .refine((value) => !/[\0\r]/.test(value), { error: 'holds a character that no argument can have' })
    .superRefine((value, context) => {
      const message = placeholderProblem(value);
      if (message) context.addIssue({ code: 'custom', message });
    });

const run = z
  .array(plain(4096))
  .min(1, 'expected a program and its arguments')
  .max(50)
  .superRefine(([program = ''], context) => {
    if (!program.startsWith('/')) context.addIssue({ code: 'custom', path: [0], message: ABSOLUTE });
  });

const variables = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable'),
  z.union([plain(4096), secretReference()], {
    error: ({ input }) =>
      typeof input === 'object' && input !== null ? undefined : 'expected a text or a reference to a secret',
  }),
);

const url = z
  .string()
  .max(2000)
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    error: 'expected an http or https address',
    abort: true,
  })
  .refine((value) => new URL(value).username === '' && new URL(value).password === '', {
    error: 'credentials may not stand in an address: use auth',
  });

const auth = z.discriminatedUnion(
  'mode',
  [
    section({
      mode: z.literal('bearer').describe('the secret is the token.'),
      secret: secretReference().describe('The token, or the password.'),
    }),
    section({
      mode: z.literal('basic').describe('a name and a password.'),
      username: text(200).describe('The name.'),
      secret: secretReference().describe('The token, or the password.'),
    }),
  ],
  { error: 'expected mode bearer or basic' },
);

const FORM = 'expected { run: [program, arguments] } or { url }';

export const commandSettings = section({
  run: run
    .describe(
      `The program by its whole path and its arguments; no shell. ${PLACEHOLDERS.join(', ')} stand for what is planned, each as a whole argument. Exit code 0: it may; 1: it may not, the last lines say why; any other: not known.`,
    )
    .exactOptional(),
  env: variables
    .describe(
      'Of run: all that the program has in its environment: texts, placeholders, or references to secrets.',
    )
    .exactOptional(),
  url: url
    .describe(
      'In place of run: an address that takes a POST of { service, environment, from, to } and answers { "allowed": true or false, "reason": … }; anything else is not known.',
    )
    .exactOptional(),
  auth: auth.describe('Of url: how the request is authorised.').exactOptional(),
  timeout: duration('100ms', '2m')
    .prefault('30s')
    .describe('Longest time for the answer; a program is ended then.'),
  ...ruleKeys('command'),
})
  .superRefine(({ run: program, env, url: address, auth: login }, context) => {
    const fault = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
    if (program === undefined && address === undefined) return fault(FORM, 'run');
    if (program !== undefined && address !== undefined) return fault('expected run or url, not both', 'url');
    if (address !== undefined && env !== undefined) fault('only with run', 'env');
    if (program !== undefined && login !== undefined) fault('only with url', 'auth');
  })
  .transform(({ run: program, env = {}, url: address = '', auth: login, ...rest }) =>
    program === undefined
      ? { ...rest, url: address, ...(login === undefined ? {} : { auth: login }) }
      : // As a list: a variable may have any name, and a record of one that is named file would read as a reference.
        { ...rest, run: program, env: Object.entries(env).map(([name, value]) => ({ name, value })) },
  );

/** What can be set of the schema gate. */
export type CommandSettings = SettingsFrom<typeof commandSettings>;
export type ProgramSettings = Extract<CommandSettings, { readonly run: unknown }>;
export type CallSettings = Extract<CommandSettings, { readonly url: unknown }>;

import type { Masker } from '../domain/masking/mask-value.ts';
import type { Finding } from '../domain/versions/findings.ts';
import { judgeSettings } from './judge.ts';
import { readFile, TEXT_LIMIT } from './read/read-file.ts';
import type { ContainerEnvironment } from './rules/environment.ts';
import type { CriticalRules } from './rules/schema.ts';
import type { ReadFile, SourceFile } from './setting.ts';

/** Something that holds config and could not be read: what is in it is not known, and breaks no rule. */
export interface UnknownFile {
  /** As of a `SourceFile`. */
  readonly object: string;
  /** Without it no key of the object is known. */
  readonly key?: string;
  /** Why: `the worker may not read it`. */
  readonly says: string;
}

/** The config that will be live, as a target has found it: each file as the container will find it, and once. */
export interface LiveConfig {
  readonly files: readonly SourceFile[];
  readonly unknown: readonly UnknownFile[];
  readonly environment: ContainerEnvironment;
}

/**
 * Which critical rules the config that will be live does not keep, the gravest first. Whatever stands in it, this does not
 * throw, and no value of a secret is in what it gives.
 *
 * @param masker what is a secret, beside what looks like one: the profile's `diff.mask`
 */
export function criticalFindings(
  { files, unknown, environment }: LiveConfig,
  rules: CriticalRules,
  masker?: Masker,
): readonly Finding[] {
  const known = readAll(files);
  return judgeSettings([...known, ...unknown.map(unknownFile)], environment, rules, masker);
}

/** No more is read in all: the work for it grows with it, and others wait meanwhile. In characters or bytes. */
const WHOLE_LIMIT = 2 * 1024 * 1024;

function readAll(files: readonly SourceFile[]): readonly ReadFile[] {
  let length = 0;
  return files.map((file) => {
    const { object, key, content } = file;
    // A single text that is too long costs nothing: it is not read.
    length += content.length > TEXT_LIMIT ? 0 : content.length;
    return length > WHOLE_LIMIT
      ? unknownFile({ object, key, says: `more than ${WHOLE_LIMIT / 1024 / 1024} MiB of config in all` })
      : readFile(file);
  });
}

function unknownFile({ object, key = '', says }: UnknownFile): ReadFile {
  return { object, key, secret: true, format: 'one value', settings: [], unread: { says, unknown: true } };
}

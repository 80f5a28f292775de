import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { EngineMachine } from '../engine/objects/machine.ts';
import { type Seen, unknown } from './seen.ts';

/** What is known of the pinned image. */
export interface PlatformQuestion {
  readonly version: string;
  /** By its registry; `linux/amd64`, `linux/arm64/v8`. */
  readonly platforms?: readonly string[] | undefined;
  /** By the engine, where it has the image. */
  readonly local?: string | undefined;
  /** Of the image that runs now. */
  readonly running?: string | undefined;
  /** `platform` of the service in the compose file: what is run on purpose, emulated where it has to be. */
  readonly wanted?: string | undefined;
}

/** Whether the engine can run the pinned image. Pure. */
export function judgePlatform(
  { version, platforms, local, running, wanted }: PlatformQuestion,
  machine: Seen<EngineMachine>,
): PreconditionFinding {
  const id = 'platform';
  if ('unread' in machine) return unknown(id, machine.unread);
  const { platform, isDesktop } = machine.is;
  const images = platforms && platforms.length > 0 ? platforms : local === undefined ? [] : [local];
  const has = images.map(short);
  if (images.length === 0) {
    return unknown(id, `the engine is ${platform}; what the image of ${version} is for is not known`);
  }
  const text = `the image of ${version} is for ${[...new Set(has)].toSorted().join(', ')}`;
  if (wanted !== undefined) {
    const says = `${text}; the service asks for platform ${wanted}, on an engine that is ${platform}`;
    return { id, state: has.includes(short(wanted)) ? 'met' : 'not-met', says };
  }
  if (has.includes(platform)) return { id, state: 'met', says: `${text}, as the engine is` };
  const runs = [platform, ...alsoRunBy(platform)];
  if (has.some((one) => runs.includes(one))) {
    return { id, state: 'met', says: `${text}, which an engine that is ${platform} runs too` };
  }
  const says = `${text}, and the engine is ${platform}: its container would not start, unless the engine emulates it`;
  // Docker Desktop brings emulation with it; what runs of another platform shows that it is there.
  const emulates = isDesktop || (running !== undefined && !runs.includes(short(running)));
  return { id, state: emulates ? 'unknown' : 'not-met', says };
}

/** Processors run what was made for their own 32-bit modes, as a rule (containerd, platforms: the order in which they are matched). */
function alsoRunBy(platform: string): readonly string[] {
  const [os, arch = ''] = platform.split('/');
  return (ALSO[arch] ?? []).map((one) => `${os}/${one}`);
}

const ALSO: Readonly<Record<string, readonly string[]>> = { arm64: ['arm'], amd64: ['386'] };

/** Without the variant, which an engine does not tell of itself. */
function short(platform: string): string {
  return platform.split('/').slice(0, 2).join('/');
}

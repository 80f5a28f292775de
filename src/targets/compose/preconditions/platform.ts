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
  /** `platform` of the service in the compose file: what is run on purpose, emulated where it has to be. */
  readonly wanted?: string | undefined;
}

/** Whether the engine can run the pinned image. Pure. */
export function judgePlatform(
  { version, platforms, local, wanted }: PlatformQuestion,
  machine: Seen<EngineMachine>,
): PreconditionFinding {
  const id = 'platform';
  if ('unread' in machine) return unknown(id, machine.unread);
  const { platform } = machine.is;
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
  return has.includes(platform)
    ? { id, state: 'met', says: `${text}, as the engine is` }
    : {
        id,
        state: 'not-met',
        says: `${text}, and the engine is ${platform}: its container would not start, unless the engine emulates it`,
      };
}

/** Without the variant, which an engine does not tell of itself. */
function short(platform: string): string {
  return platform.split('/').slice(0, 2).join('/');
}

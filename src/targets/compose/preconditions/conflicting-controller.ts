import { shellWord } from '../../../domain/media/shell.ts';
import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { Neighbour } from '../engine/objects/neighbours.ts';
import { type Seen, unknown } from './seen.ts';

/** Programs that replace containers of others by themselves, by the last part of the image's name. */
const UPDATERS: readonly { readonly image: RegExp; readonly name: string; readonly replaces: boolean }[] = [
  { image: /(^|\/)watchtower$/, name: 'Watchtower', replaces: true },
  { image: /(^|\/)ouroboros$/, name: 'Ouroboros', replaces: true },
  { image: /(^|\/)(wud|whats-up-docker)$/, name: "What's Up Docker", replaces: true },
  { image: /(^|\/)diun$/, name: 'Diun', replaces: false },
];
const WATCHTOWER = 'com.centurylinklabs.watchtower';
const SWARM_SERVICE = 'com.docker.swarm.service.name';

/** The service's own containers, as far as others look at them. */
export interface Watched {
  readonly project: string;
  readonly service: string;
  /** Labels of the container that runs. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the file will name the pinned image by its digest: then nothing newer is under that name. */
  readonly isByDigest: boolean;
}

/** Who else replaces containers on this engine. What a program does with this service is known by labels and options alone. Pure. */
export function judgeControllers(
  watched: Watched,
  neighbours: Seen<readonly Neighbour[]>,
): PreconditionFinding {
  const id = 'conflicting-controller';
  if ('unread' in neighbours) return unknown(id, neighbours.unread);
  const told: string[] = [];
  for (const one of neighbours.is) {
    const updater = UPDATERS.find(({ image }) => image.test(repositoryOf(one.image)));
    const found = updater && `${updater.name} (container ${one.name})`;
    if (one.labels[SWARM_SERVICE] === `${watched.project}_${watched.service}`) {
      return {
        id,
        state: 'not-met',
        says: `Docker Swarm runs a service ${one.labels[SWARM_SERVICE]} on this engine too, which this does not change`,
        remedy: `docker service ls --filter name=${shellWord(`${watched.project}_${watched.service}`)}`,
      };
    }
    if (!found) continue;
    const free = updater.replaces ? whyFree(updater.name, one, watched) : 'only tells of newer images';
    if (free === undefined) {
      return {
        id,
        state: 'not-met',
        says: `${found} replaces a container when there is a newer image under its name, the one that comes back too`,
        remedy: `docker stop ${shellWord(one.name)}`,
      };
    }
    told.push(`${found} ${free}`);
  }
  return {
    id,
    state: 'met',
    says: told.length > 0 ? told.join('; ') : 'nothing on this engine is known to replace its containers',
  };
}

/** Why one that replaces containers leaves this one alone; undefined where nothing says so. */
function whyFree(
  name: string,
  { arguments: args, environment }: Neighbour,
  watched: Watched,
): string | undefined {
  if (watched.isByDigest) return 'finds nothing newer under a digest';
  if (name !== 'Watchtower') return undefined;
  const label = (key: string) => watched.labels[`${WATCHTOWER}.${key}`];
  const isOn = (option: string) => {
    const variable = environment[`WATCHTOWER_${option.toUpperCase().replaceAll('-', '_')}`];
    return isTrue(variable) || args.includes(`--${option}`) || args.includes(`--${option}=true`);
  };
  const scope = environment.WATCHTOWER_SCOPE ?? argumentOf('--scope', args);
  if (isFalse(label('enable'))) return `is told to leave it alone (${WATCHTOWER}.enable)`;
  if (isOn('label-enable') && !isTrue(label('enable')))
    return 'takes labelled containers alone, and it is none of them';
  if (isTrue(label('monitor-only')) || isOn('monitor-only'))
    return 'only tells of newer images (monitor-only)';
  if (scope !== undefined && (label('scope') ?? 'none') !== scope) return `has a scope of its own (${scope})`;
  return undefined;
}

/** `--scope=x`, or `--scope x`. */
function argumentOf(option: string, args: readonly string[]): string | undefined {
  const joined = args.find((one) => one.startsWith(`${option}=`));
  if (joined !== undefined) return joined.slice(option.length + 1);
  const at = args.indexOf(option);
  return at < 0 ? undefined : args[at + 1];
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true)$/i.test(text ?? '');
}

function isFalse(text: string | undefined): boolean {
  return /^(0|f|false)$/i.test(text ?? '');
}

/** Without registry, tag and digest. */
function repositoryOf(image: string): string {
  return (image.split('@')[0] ?? '').replace(/:[^/:]*$/, '');
}

import { isHalfStarted } from './half-started.ts';
import { type Healthcheck, healthcheckOf, healthOf } from './healthcheck.ts';

/** A container as the engine shows it, as far as it is read here. */
export interface Container {
  readonly id: string;
  /** Without the slash in front. */
  readonly name: string;
  /** The image reference that it was created with. */
  readonly image: string;
  /** ID of the image on the engine: what really runs. */
  readonly imageId: string;
  readonly createdAt: string;
  readonly status: string;
  readonly running: boolean;
  readonly restarting: boolean;
  readonly exitCode: number;
  /** What the engine says of a failed start; empty otherwise. */
  readonly error: string;
  readonly oomKilled: boolean;
  readonly startedAt: string;
  /**
   * The engine takes it for running though its own start of it has failed: `isHalfStarted`. It never becomes whole, and
   * says nothing of its version.
   */
  readonly halfStarted: boolean;
  /** Restarts by the restart policy since it was created. */
  readonly restarts: number;
  /** `starting`, `healthy`, `unhealthy`, or in words why it is not known; none without a healthcheck. */
  readonly health?: string;
  readonly healthcheck?: Healthcheck;
  readonly networkMode: string;
  /** Names of the networks that it is in. */
  readonly networks: readonly string[];
  readonly mounts: readonly Mount[];
  /** IDs of the containers whose namespaces or volumes it uses. */
  readonly boundTo: readonly string[];
  /** First address in a network of its own. */
  readonly address?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its variables, those of the image included. They hold secrets: for comparing, never to be shown. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A mount of a container: of a path of the host, or of a volume by its name. */
export interface Mount {
  readonly kind: 'bind' | 'volume' | 'other';
  readonly from: string;
  readonly to: string;
}

/** What a list of containers tells of one. */
export type LabelledContainer = Pick<Container, 'name' | 'labels'>;

type Raw = Readonly<Record<string, unknown>>;

/** Reads what the engine answers of containers, as `docker inspect` prints it. Entries without an ID are left out. */
export function parseContainers(inspected: readonly unknown[]): readonly Container[] {
  return inspected.flatMap(containerOf);
}

function containerOf(entry: unknown): readonly Container[] {
  const raw = objectOf(entry);
  const id = textOf(raw.Id);
  if (!id) return [];
  const [config, state, host, network] = [raw.Config, raw.State, raw.HostConfig, raw.NetworkSettings].map(
    objectOf,
  ) as [Raw, Raw, Raw, Raw];
  const healthState = objectOf(state.Health);
  const health = healthOf(config, healthState);
  const healthcheck = healthcheckOf(config, healthState);
  const addresses = Object.values(objectOf(network.Networks)).map((one) => textOf(objectOf(one).IPAddress));
  const address = addresses.find(Boolean);
  return [
    {
      id,
      name: textOf(raw.Name).replace(/^\//, ''),
      image: textOf(config.Image),
      imageId: textOf(raw.Image),
      createdAt: textOf(raw.Created),
      status: textOf(state.Status),
      running: state.Running === true,
      restarting: state.Restarting === true,
      exitCode: typeof state.ExitCode === 'number' ? state.ExitCode : 0,
      error: textOf(state.Error),
      oomKilled: state.OOMKilled === true,
      startedAt: textOf(state.StartedAt),
      halfStarted: isHalfStarted(state),
      restarts: typeof raw.RestartCount === 'number' ? raw.RestartCount : 0,
      ...(health ? { health } : {}),
      ...(healthcheck ? { healthcheck } : {}),
      networkMode: textOf(host.NetworkMode),
      networks: Object.keys(objectOf(network.Networks)),
      mounts: mountsOf(raw.Mounts),
      boundTo: boundTo(host),
      ...(address ? { address } : {}),
      environment: environmentOf(config.Env),
      labels: labelsOf(config.Labels),
    },
  ];
}

/** `container:<id>`, and `<id>` or `<id>:ro` of volumes. */
function boundTo({ NetworkMode, PidMode, IpcMode, VolumesFrom }: Raw): readonly string[] {
  const namespaces = [NetworkMode, PidMode, IpcMode].map(textOf);
  const volumes = Array.isArray(VolumesFrom) ? VolumesFrom.map(textOf) : [];
  return [
    ...namespaces.flatMap((mode) => (mode.startsWith('container:') ? mode.slice('container:'.length) : [])),
    ...volumes.map((from) => from.split(':')[0] ?? ''),
  ];
}

function mountsOf(value: unknown): readonly Mount[] {
  return (Array.isArray(value) ? value.map(objectOf) : []).map(({ Type, Source, Name, Destination }) => ({
    kind: Type === 'bind' || Type === 'volume' ? Type : 'other',
    from: textOf(Type === 'volume' ? Name : Source),
    to: textOf(Destination),
  }));
}

/** Reads what the engine lists of containers. */
export function parseListed(listed: unknown): readonly LabelledContainer[] {
  return (Array.isArray(listed) ? listed.map(objectOf) : []).map(({ Names, Labels }) => ({
    name: textOf(Array.isArray(Names) ? Names[0] : undefined).replace(/^\//, ''),
    labels: labelsOf(Labels),
  }));
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([key, text]) => [key, textOf(text)]));
}

function environmentOf(value: unknown): Readonly<Record<string, string>> {
  const lines = Array.isArray(value) ? value.map(textOf) : [];
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function objectOf(value: unknown): Raw {
  return typeof value === 'object' && value !== null ? (value as Raw) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

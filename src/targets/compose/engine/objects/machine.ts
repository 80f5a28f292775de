/** The machine that an engine runs containers on. */
export interface EngineMachine {
  /** `linux/amd64`, as images name it. */
  readonly platform: string;
  /** Where it keeps images, on its own host. */
  readonly rootFolder: string;
  /** Its host's name. */
  readonly host: string;
  /** Whether it is in a virtual machine of Docker Desktop, with a disk of its own. */
  readonly isDesktop: boolean;
}

/** Reads what the engine answers to `/version` and `/info`; undefined where it does not say what it is. */
export function machineOf(version: unknown, info: unknown): EngineMachine | undefined {
  const [{ Os, Arch }, { DockerRootDir, Name, OperatingSystem }] = [version, info].map(
    (raw) => (raw ?? {}) as Readonly<Record<string, unknown>>,
  ) as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  if (typeof Os !== 'string' || typeof Arch !== 'string') return undefined;
  return {
    platform: `${Os}/${Arch}`,
    rootFolder: typeof DockerRootDir === 'string' ? DockerRootDir : '',
    host: typeof Name === 'string' ? Name : '',
    isDesktop: OperatingSystem === 'Docker Desktop',
  };
}

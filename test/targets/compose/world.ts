/** What the tests of the Compose target need: one real host, and a service of its own for each test. */
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  type ComposeHost,
  composeHostProblem,
  locateComposePrograms,
  type PublishedImage,
} from '../../../sandbox/compose/index.ts';
import { openSandbox, type Sandbox } from '../../../sandbox/index.ts';
import type { BehaviourWish } from '../../../sandbox/orchestrator/index.ts';
import type { RunbookError } from '../../../src/domain/errors.ts';
import type { ComposeProfile } from '../../../src/domain/request/profile.ts';
import type { ComposePin, RolloutStarted } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { createComposeTarget } from '../../../src/targets/compose/index.ts';
import type { RollbackTarget, TargetContext } from '../../../src/targets/target.ts';
import { borrowSandbox } from '../../worlds/borrowed.ts';
import { type Containers, containersOf } from './containers.ts';
import { type Intercepted, interceptDocker } from './intercept.ts';
import { type ComposeText, NAME, quiet } from './texts.ts';
import { endWorkers } from './worker.ts';

/** Why nothing here can run on this machine; part of the title of what is skipped. */
export const problem = await composeHostProblem();
/** An engine of the user is not killed, nor is a part of it. */
const programs = problem ? undefined : await locateComposePrograms();
export const HAS_OWN_ENGINE = programs !== undefined && 'dockerd' in programs.engine;
export const titled = (title: string) => (problem ? `${title} (${problem})` : title);

/** The step that asks, the same in every attempt. */
export const context: TargetContext = { signal: new AbortController().signal, key: 'run-1/roll-back' };
export const TO_FIRST: TargetWish = { kind: 'version', version: '0.1.0' };
export const FILE = 'docker-compose.yml';

/** For a version that may end soon after its start: it is watched for long enough to do so. */
export const WATCHED = { deadlineMs: 20_000, crashLoopRestarts: 3, stableForMs: 300 };

export interface ServiceOptions {
  /** The compose file for an image; quiet containers that end when asked to, without it. */
  readonly text?: ComposeText;
  /** Where the compose file is, below the folder. Default: `FILE`. */
  readonly file?: string;
  /** Other files, with which every version is deployed. */
  readonly files?: Readonly<Record<string, string>>;
  /** By tag; `good` without it. */
  readonly behaviours?: Readonly<Record<string, BehaviourWish>>;
  readonly profile?: Partial<ComposeProfile>;
  /** Address that the compose file names for the registry. */
  readonly registry?: string;
}

/** A service of its own for one test, with what a test wants to know of it. */
export interface Service {
  readonly folder: string;
  readonly project: string;
  readonly repository: string;
  readonly images: Readonly<Record<string, PublishedImage>>;
  readonly profile: ComposeProfile;
  /** What the worker's docker and Compose commands are given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly target: RollbackTarget;
  /** Another worker, with other settings or another environment. */
  another(
    profile?: Partial<ComposeProfile>,
    env?: Readonly<Record<string, string | undefined>>,
  ): RollbackTarget;
  /** A worker's environment in which this test sees, and may act at, every docker command. */
  intercept(): Promise<Intercepted>;
  /** Writes the files of a version and brings it up, as somebody does by hand. */
  deploy(tag: string, change?: Pick<ServiceOptions, 'text' | 'files'>): Promise<void>;
  up(...args: string[]): Promise<void>;
  write(path: string, text: string): Promise<void>;
  read(path?: string): Promise<string>;
  /** The engine forgets these versions; the registry has them. */
  forget(...tags: string[]): Promise<void>;
  /** What each tag of the repository means on the engine, as `tag id`. */
  tags(): Promise<readonly string[]>;
  /** Records what runs now as known-good. */
  prove(): Promise<void>;
  pin(wish?: TargetWish, target?: RollbackTarget): Promise<ComposePin>;
  resolve(wish?: TargetWish, target?: RollbackTarget): ReturnType<RollbackTarget['resolve']>;
  wait(started: RolloutStarted, target?: RollbackTarget): ReturnType<RollbackTarget['waitForRollout']>;
  containers(service?: string): Promise<Containers>;
  /** Everything that must be as before when a rollback is refused: every file but records of ours, every container. */
  state(): Promise<{ readonly files: Readonly<Record<string, string>>; readonly containers: Containers }>;
  /** What happened to the containers of the project since a mark of the host, as `action service`. */
  events(since: string): Promise<readonly string[]>;
}

/** Over all files of a vitest worker: they share a host. */
let count = 0;

/**
 * The host that the files of a vitest worker share, one after the other.
 * @param keep whether containers stay until the end of the file: for tests that run at the same time.
 * @param own whether the file has a host of its own: for tests that kill the engine or a part of it.
 */
export function openWorld({ keep = false, own = false } = {}) {
  let sandbox: (Sandbox & { composeHost: ComposeHost }) | undefined;
  const host = () => sandbox!.composeHost;
  const targets: RollbackTarget[] = [];
  const closeTargets = () => Promise.all(targets.splice(0).map((target) => target.close()));

  beforeAll(async () => {
    sandbox = await (own ? openSandbox({ compose: true }) : borrowSandbox({ compose: true }));
  });
  afterEach(async () => {
    if (keep) return;
    await closeTargets();
    await sandbox?.composeHost.removeContainers();
  });
  afterAll(async () => {
    endWorkers();
    await closeTargets();
    await sandbox?.close();
  });

  /** @param tags published, and on the engine; the last one is deployed. */
  async function service(tags: readonly string[], options: ServiceOptions = {}): Promise<Service> {
    const name = `service-${++count}`;
    const { docker, registry, images: publisher, environment, compose } = host();
    const { text = quiet, file = FILE, files = {}, behaviours = {} } = options;
    const publish = async (tag: string) => {
      const behaviour = behaviours[tag] ?? 'good';
      const labels = { of: `${name} ${tag}` };
      return [tag, await publisher.publish(tag, { repository: name, behaviour, labels })] as const;
    };
    const images = Object.fromEntries(await Promise.all(tags.map(publish)));
    const repository = `${options.registry ?? registry.address}/${name}`;
    const folder = await host().project(name, {});
    const project = folder.split('/').at(-1) ?? '';
    const plays = Object.keys(behaviours).length > 0;
    const profile: ComposeProfile = {
      ...defaults(folder),
      ...(plays ? { rollout: WATCHED } : {}),
      ...options.profile,
    };
    const env = { ...environment };
    const another: Service['another'] = (change = {}, other = env) => {
      const made = createComposeTarget({ ...profile, ...change }, { env: other });
      targets.push(made);
      return made;
    };
    const target = another();
    const containers = (of?: string) => containersOf(docker, project, of);
    const one: Service = {
      folder,
      project,
      repository,
      images,
      profile,
      env,
      target,
      another,
      containers,
      intercept: async () => interceptDocker(await mkdtemp(join(sandbox!.folder, 'docker-')), env),
      async deploy(tag, change = {}) {
        const all = { ...files, ...change.files, [file]: (change.text ?? text)(`${repository}:${tag}`, tag) };
        for (const [path, content] of Object.entries(all)) await one.write(path, content);
        await one.up();
      },
      up: async (...args) => void (await compose(folder, 'up', '--detach', ...args)),
      async write(path, content) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      },
      read: (path = file) => readFile(join(folder, path), 'utf8'),
      forget: async (...forgotten) =>
        void (await docker('rmi', ...forgotten.map((tag) => `${repository}:${tag}`))),
      tags: async () =>
        (await docker('images', '--no-trunc', '--format', '{{.Tag}} {{.ID}}', repository)).split('\n').sort(),
      async prove() {
        const { current } = await target.observe(context);
        const { fingerprint, version, image } = current;
        const at = new Date().toISOString();
        const run = { provedBy: 'verify', workflowId: 'workflow', runId: `run of ${version}` } as const;
        await target.recordKnownGood(
          { fingerprint, version, image, at, verdict: 'passed', ...run, checks: {} },
          context,
        );
      },
      async resolve(wish = TO_FIRST, by = target) {
        const plan = planRollback(await by.observe(context), wish);
        if ('problem' in plan) throw new Error(plan.message);
        return by.resolve(plan, context);
      },
      async pin(wish, by) {
        const { plan } = await one.resolve(wish, by);
        if (plan.pin.target !== 'compose') throw new Error('a pin to something else');
        return plan.pin;
      },
      wait: (started, by = target) => by.waitForRollout(started, context, () => undefined),
      state: async () => ({ files: await contentsOf(folder), containers: await containers() }),
      events: async (since) =>
        (await host().events(since))
          .filter((event) => event.project === project)
          .map(({ action, service }) => `${action} ${service}`),
    };
    const older = tags.slice(0, -1).map((tag) => docker('pull', '--quiet', `${repository}:${tag}`));
    await Promise.all([...older, ...tags.slice(-1).map((tag) => one.deploy(tag))]);
    return one;
  }

  return { host, service };
}

function defaults(directory: string): ComposeProfile {
  return {
    directory,
    service: NAME,
    profiles: [],
    command: 'auto',
    pin: 'tag',
    sharedImage: 'refuse',
    config: 'restore',
    restartDependants: false,
    state: '.runbook',
    pullTimeoutMs: 30_000,
    // What runs at once goes on running.
    rollout: { ...WATCHED, stableForMs: 0 },
  };
}

/** Every file of a project by its path, without what the target keeps for itself. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    if (path.startsWith('.runbook') || !(await stat(join(folder, path))).isFile()) continue;
    found[path] = await readFile(join(folder, path), 'latin1');
  }
  return found;
}

/** The error that a step ends with. */
export async function errorOf(step: Promise<unknown>): Promise<RunbookError> {
  try {
    await step;
  } catch (error) {
    if ((error as Error).name === 'RunbookError') return error as RunbookError;
    throw error;
  }
  throw new Error('it did not fail');
}

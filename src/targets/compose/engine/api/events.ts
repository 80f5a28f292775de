import { execa } from 'execa';
import { COMPOSE_LABEL, type ServiceName } from '../objects/compose-labels.ts';

/** Events that may change the judgement on a container. Executions of health checks are left out: there are many. */
const EVENTS = [
  'create',
  'start',
  'die',
  'stop',
  'destroy',
  'restart',
  'oom',
  'pause',
  'unpause',
  'health_status',
];

/** A stream of the engine's events for one service. */
export interface EventStream {
  /** Resolves at the next event, at once when one came since the last call, and when the stream has ended. */
  next(): Promise<void>;
  /** True when the stream has ended by itself: the engine is gone, or the command was killed. */
  readonly ended: boolean;
  close(): void;
}

/**
 * Listens to the engine. What happens is then read by inspecting: an event only says that it is time to. Events of the
 * last second come too, so that none is missed while the command connects.
 */
export function listen(
  env: Readonly<Record<string, string | undefined>>,
  { project, service }: ServiceName,
  now: number,
): EventStream {
  const since = String(Math.floor(now / 1000) - 1);
  const filters = [
    'type=container',
    `label=${COMPOSE_LABEL.project}=${project}`,
    `label=${COMPOSE_LABEL.service}=${service}`,
    ...EVENTS.map((event) => `event=${event}`),
  ].flatMap((filter) => ['--filter', filter]);
  const child = execa('docker', ['events', '--since', since, '--format', '{{json .}}', ...filters], {
    env,
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    reject: false,
    buffer: false,
  });
  let pending = false;
  let ended = false;
  let wake: (() => void) | undefined;
  const tell = () => {
    pending = true;
    wake?.();
  };
  child.stdout.on('data', tell);
  void child.then(() => {
    ended = true;
    tell();
  });
  return {
    get ended() {
      return ended;
    },
    async next() {
      if (!pending) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      pending = ended;
    },
    close: () => void child.kill('SIGKILL'),
  };
}

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** When the worker that runs a command is killed. */
export type CommandMoment =
  /** The command never begins. */
  | 'before'
  /** The command begins and goes on alone. */
  | 'during'
  /** The command has ended and its worker does not know how. */
  | 'after';

/** A `docker` of the test's own in front of the real one. */
export interface CommandLog {
  readonly env: Readonly<Record<string, string>>;
  /** What was run so far, in order: see `kindOfCommand`. */
  kinds(): Promise<readonly string[]>;
  /** Sends a signal to the process that runs the n-th command of a kind. A command before which it is killed never begins. */
  signalAt(kind: string, nth: number, moment: CommandMoment, signal: 'KILL' | 'STOP'): Promise<void>;
}

/** @param env of a worker, whose PATH begins with the real docker. */
export async function logCommands(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandLog> {
  const file = (name: string) => join(folder, name);
  await mkdir(folder);
  await writeFile(file('docker'), script(folder, join(env.PATH?.split(':')[0] ?? '', 'docker')));
  await chmod(file('docker'), 0o755);
  return {
    env: { ...env, PATH: `${folder}:${env.PATH}` },
    kinds: async () => (await readFile(file('commands'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    signalAt: (kind, nth, moment, signal) => writeFile(file('at'), `${signal} ${nth} ${moment} ${kind}\n`),
  };
}

/**
 * A command's kind is its words without options, names and paths: `compose up`, `container inspect`, `pull`. What
 * asks and what listens goes before everything else, so the real docker takes the process over wherever it can.
 */
function script(folder: string, real: string): string {
  return `#!/bin/sh
kind="$1"
case "$1" in
  compose) for word in "$@"; do
      case "$word" in version|config|up|stop|restart|ps) kind="compose $word"; break ;; esac
    done ;;
  container|image|context) kind="$1 $2" ;;
esac
printf '%s\\n' "$kind" >> '${folder}/commands'
[ -e '${folder}/at' ] || exec '${real}' "$@"
read -r signal nth moment meant < '${folder}/at'
[ "$kind" = "$meant" ] || exec '${real}' "$@"
n=1
while ! mkdir '${folder}/nth-'$n 2>/dev/null; do n=$((n + 1)); done
[ $n = "$nth" ] || exec '${real}' "$@"
case "$moment" in
  before) kill -s "$signal" $PPID; exit 1 ;;
  during) kill -s "$signal" $PPID; exec '${real}' "$@" ;;
  after) '${real}' "$@"; code=$?; kill -s "$signal" $PPID; exit $code ;;
esac
`;
}

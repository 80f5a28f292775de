import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** When the worker that runs a command, or asks the engine a question, is killed. */
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
  /** What was run and asked so far, in order. */
  kinds(): Promise<readonly string[]>;
  /**
   * Sends a signal to the process that runs the n-th command of a kind, or asks the n-th such question. What it is killed
   * before never begins.
   */
  signalAt(kind: string, nth: number, moment: CommandMoment, signal: 'KILL' | 'STOP'): Promise<void>;
}

/** @param env of a worker, whose PATH begins with the real docker. */
export async function logCommands(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandLog> {
  const file = (name: string) => join(folder, name);
  const real = join(env.PATH?.split(':')[0] ?? '', 'docker');
  await mkdir(folder);
  await writeFile(file('docker'), script(folder, real), { mode: 0o755 });
  await writeFile(file('at-question'), questionScript(folder), { mode: 0o755 });
  return {
    env: { ...env, PATH: `${folder}:${env.PATH}` },
    kinds: async () => (await readFile(file('commands'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    signalAt: (kind, nth, moment, signal) => writeFile(file('at'), `${signal} ${nth} ${moment} ${kind}\n`),
  };
}

/** Stands in for `docker system dial-stdio`. */
const PROXY = join(import.meta.dirname, '../worlds/dial-stdio-proxy.ts');

/** Notes a kind, and goes on where it is the n-th of the kind that is meant, with `signal` and `moment`. */
const noted = (folder: string, otherwise: string) => `printf '%s\\n' "$kind" >> '${folder}/commands'
[ -e '${folder}/at' ] || ${otherwise}
read -r signal nth moment meant < '${folder}/at'
[ "$kind" = "$meant" ] || ${otherwise}
n=1
while ! mkdir '${folder}/nth-'$n 2>/dev/null; do n=$((n + 1)); done
[ $n = "$nth" ] || ${otherwise}
`;

/**
 * A command's kind is its words without options, names and paths: `compose up`, `pull`, `system dial-stdio`. What
 * listens goes before everything else, so the real docker takes the process over wherever it can.
 */
function script(folder: string, real: string): string {
  return `#!/bin/sh
kind="$1"
program='${real}'
case "$1" in
  compose) for word in "$@"; do
      case "$word" in version|config|up|stop|restart|ps) kind="compose $word"; break ;; esac
    done ;;
  container|image|context) kind="$1 $2" ;;
  system) kind="$1 $2"; program='${process.execPath}'; set -- '${PROXY}' '${folder}/at-question' '${real}' ;;
esac
${noted(folder, 'exec "$program" "$@"')}
case "$moment" in
  before) kill -s "$signal" $PPID; exit 1 ;;
  during) kill -s "$signal" $PPID; exec "$program" "$@" ;;
  after) "$program" "$@"; code=$?; kill -s "$signal" $PPID; exit $code ;;
esac
`;
}

/** A question's kind is its method and path without names: `GET /containers/{id}/json`. Run by the proxy at each moment. */
function questionScript(folder: string): string {
  return `#!/bin/sh
now="$1"
worker="$3"
due='${folder}/due-'$PPID
if [ "$now" != before ]; then
  [ -e "$due" ] || exit 0
  read -r signal moment < "$due"
  [ "$now" = "$moment" ] || exit 0
  rm "$due"
  kill -s "$signal" "$worker"
  exit 0
fi
case "$2" in
  'GET /containers/json'*) kind='GET /containers/json' ;;
  'GET /containers/'*) kind='GET /containers/{id}/json' ;;
  'GET /images/json'*) kind='GET /images/json' ;;
  'GET /images/'*) kind='GET /images/{name}/json' ;;
  *) kind="$2" ;;
esac
${noted(folder, 'exit 0')}
[ "$moment" = before ] || { echo "$signal $moment" > "$due"; exit 0; }
kill -s "$signal" "$worker"
exit 1
`;
}

import { existsSync } from 'node:fs';
import { chmod, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { until } from '../../../tools/until.ts';

/**
 * At which docker command something is done, once: a pattern of the shell over all its arguments. Or before which
 * question to the engine, on a connection that is opened later: a pattern over method and path, `GET /containers/*`.
 */
export type At = { readonly before: string } | { readonly after: string } | { readonly request: string };

/** A `docker` of the test's own in front of the real one. */
export interface Intercepted {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments of every command so far, in order. */
  commands(): Promise<readonly string[]>;
  /** Process numbers of the connections to the engine so far, which questions are asked over. */
  connections(): Promise<readonly number[]>;
  /** From here on what the engine is asked is noted, on connections that are opened later. */
  noteQuestions(): Promise<void>;
  /** Every noted question, `GET /info`, in order. */
  questions(): Promise<readonly string[]>;
  /** Has a line of shell run at the next such command; the process that asked is `$PPID`. */
  once(at: At, shell: string): Promise<void>;
  /** Kills the process that asks with -9 at the next such command. */
  kill(at: At): Promise<void>;
  /** Stops the next such command until it is released. */
  hold(at: At): Promise<Held>;
}

export interface Held {
  reached(): Promise<void>;
  release(): Promise<void>;
}

/**
 * @param folder an empty one.
 * @param env of a worker, whose PATH begins with the real docker.
 */
export async function interceptDocker(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Intercepted> {
  const real = join(env.PATH?.split(':')[0] ?? '', 'docker');
  const file = (name: string) => join(folder, name);
  await writeFile(file('docker'), script(folder, real));
  await writeFile(file('at-request'), REQUEST_HOOK, { mode: 0o755 });
  const lines = async (name: string) =>
    (await readFile(file(name), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  await chmod(file('docker'), 0o755);

  const once: Intercepted['once'] = async (at, shell) => {
    const [when, pattern] = Object.entries(at)[0] as [string, string];
    await writeFile(file(`${when}.run`), shell);
    await writeFile(file(`${when}.pattern`), `${pattern}\n`);
  };
  return {
    env: { ...env, PATH: `${folder}:${env.PATH}` },
    commands: () => lines('commands'),
    connections: async () => (await lines('connections')).map(Number),
    noteQuestions: () => writeFile(file('noted'), ''),
    questions: () => lines('questions'),
    once,
    kill: (at) => once(at, 'kill -9 $PPID; exit 1'),
    async hold(at) {
      const [reached, release] = [file('reached'), file('release')];
      await execa('mkfifo', [release]);
      await once(at, `: > '${reached}'; read -r _ < '${release}'`);
      return {
        reached: async () => void (await until('the command', async () => existsSync(reached))),
        async release() {
          const pipe = await open(release, 'w');
          await pipe.writeFile('\n').finally(() => pipe.close());
        },
      };
    },
  };
}

/** Stands in for `docker system dial-stdio` where a question is acted at. */
const PROXY = join(import.meta.dirname, '../../worlds/dial-stdio-proxy.ts');

/** Run by the proxy for each question, with its moment (`before`, `after`) and what is asked. */
const REQUEST_HOOK = `#!/bin/sh
folder="\${0%/*}"
[ "$1" = before ] || exit 0
[ ! -e "$folder/noted" ] || printf '%s\\n' "$2" >> "$folder/questions"
[ -e "$folder/request.pattern" ] || exit 0
case "$2" in $(cat "$folder/request.pattern")) ;; *) exit 0 ;; esac
mv "$folder/request.pattern" "$folder/request.done"
. "$folder/request.run"
`;

/** A command becomes the real docker, so that signals reach it; only one that is followed by something does not. */
function script(folder: string, real: string): string {
  return `#!/bin/sh
all="$*"
printf '%s\\n' "$all" >> '${folder}/commands'
meant() {
  [ -e '${folder}'/$1.pattern ] || return 1
  case "$all" in $(cat '${folder}'/$1.pattern)) ;; *) return 1 ;; esac
  mv '${folder}'/$1.pattern '${folder}'/$1.done
}
if [ "$all" = 'system dial-stdio' ]; then
  echo $$ >> '${folder}/connections'
  [ ! -e '${folder}/request.pattern' ] && [ ! -e '${folder}/noted' ] || exec '${process.execPath}' '${PROXY}' '${folder}/at-request' '${real}'
fi
if meant before; then . '${folder}/before.run'; fi
if meant after; then
  '${real}' "$@"
  code=$?
  . '${folder}/after.run'
  exit $code
fi
exec '${real}' "$@"
`;
}

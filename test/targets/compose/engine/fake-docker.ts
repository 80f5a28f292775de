import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EngineApi, type EngineApiLimits } from '../../../../src/targets/compose/engine/api/engine-api.ts';

/** A `docker` whose `system dial-stdio` is a line of shell. */
export interface FakeDocker {
  readonly env: Readonly<Record<string, string>>;
  readonly api: EngineApi;
  /** Process numbers of its connections so far. */
  connections(): Promise<readonly number[]>;
}

/**
 * @param shell what it does: `asked` waits for a request and fails at the end of its input, `answer STATUS BODY` answers
 * it, `$nth` says which of its connections this is, from 1.
 */
export async function fakeDocker(shell: string, limits: EngineApiLimits = {}): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-docker-'));
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/sh
[ "$*" = 'system dial-stdio' ] || exit 9
echo $$ >> '${folder}/connections'
nth=$(wc -l < '${folder}/connections')
end=$(printf '\\r')
asked() { while read -r line; do [ "$line" = "$end" ] && return 0; done; return 1; }
answer() { printf 'HTTP/1.1 %s X\\r\\ncontent-length: %s\\r\\n\\r\\n%s' "$1" "\${#2}" "$2"; }
${shell}
`,
    { mode: 0o755 },
  );
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const api = new EngineApi(env, limits);
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    env,
    api,
    async connections() {
      const text = await readFile(join(folder, 'connections'), 'utf8').catch(() => '');
      return text.split('\n').filter(Boolean).map(Number);
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineApi } from '../../../../../src/targets/compose/engine/api/engine-api.ts';
import { until } from '../../../../../tools/until.ts';
import { isRunning } from '../../../../sandbox/programs/running.ts';
import { fakeDocker } from '../fake-docker.ts';

const { signal } = new AbortController();
const ask = (api: EngineApi, by: AbortSignal = signal) => api.get('it cannot be asked', '/info', by);
/** Answers everything. */
const ANSWERS = `while asked; do answer 200 '{"a":1}'; done`;
const ended = (pid: number | undefined) => until('the process to end', async () => !isRunning(pid!));

describe('a connection to the engine', () => {
  it('is one for many questions, at the same time and one after the other', async () => {
    const { api, connections } = await fakeDocker(ANSWERS);
    expect(await Promise.all([ask(api), ask(api), ask(api)])).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
    await ask(api);
    expect(await connections()).toHaveLength(1);
  });

  it('is let go when nobody has asked for a while, and the next question gets another', async () => {
    const { api, connections } = await fakeDocker(ANSWERS, { idleMs: 200 });
    await ask(api);
    await ended((await connections())[0]);
    expect(await ask(api)).toEqual({ a: 1 });
    expect(await connections()).toHaveLength(2);
  });

  it('is let go when it is closed, and the next question gets another', async () => {
    const { api, connections } = await fakeDocker(ANSWERS);
    await ask(api);
    await api.close();
    await ended((await connections())[0]);
    expect(await ask(api)).toEqual({ a: 1 });
  });

  it('has the given environment alone', async () => {
    const { api } = await fakeDocker(`asked; answer 200 "\\"\${HOME-none} \${PATH+some}\\""`);
    expect(await ask(api)).toBe('none some');
  });

  it('ends with the program that runs behind a docker command which only wraps it', async () => {
    const inner = `sh -c 'echo $$ >> "\${0%/*}/connections"; cat > /dev/null' "$0"`;
    const { api, connections } = await fakeDocker(`${inner}\nexit 1`, { timeoutMs: 300 });
    await expect(ask(api)).rejects.toMatchObject({ type: 'Unreachable' });
    const pids = await connections();
    expect(pids).toHaveLength(2);
    for (const pid of pids) await ended(pid);
  });
});

describe('a question', () => {
  it.each([
    ['nothing', 'sleep 60'],
    [
      'the beginning of an answer',
      `asked; printf 'HTTP/1.1 200 X\\r\\ncontent-length: 9\\r\\n\\r\\n{'; sleep 60`,
    ],
  ])(
    'that is answered with %s ends within its time, and the next one gets another connection',
    async (_what, silence) => {
      const { api, connections } = await fakeDocker(`[ $nth = 1 ] && { ${silence}; }\n${ANSWERS}`, {
        timeoutMs: 500,
      });
      const since = Date.now();
      await expect(ask(api)).rejects.toMatchObject({
        type: 'Unreachable',
        retryable: true,
        message: 'it cannot be asked: the engine did not answer within 0.5 s',
      });
      expect(Date.now() - since).toBeLessThan(2_000);
      expect(await ask(api)).toEqual({ a: 1 });
      const [silent, ...others] = await connections();
      expect(others).toHaveLength(1);
      await ended(silent);
    },
  );

  it('ends with the signal, and those behind it are answered on another connection', async () => {
    const { api, connections } = await fakeDocker(`[ $nth = 1 ] && exec sleep 60\n${ANSWERS}`);
    const stop = new AbortController();
    const first = ask(api, stop.signal).catch((error: unknown) => error);
    const second = ask(api);
    const [silent] = await until(
      'a connection',
      async () => (await connections()).length > 0 && connections(),
    );
    stop.abort(new Error('cancelled'));
    expect(await first).toMatchObject({ message: 'cancelled' });
    expect(await second).toEqual({ a: 1 });
    await ended(silent);
  });

  it('is not asked when the signal has aborted', async () => {
    const { api, connections } = await fakeDocker(ANSWERS);
    await expect(ask(api, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
    expect(await connections()).toEqual([]);
  });

  it('whose connection had answered and ends under it is asked once more', async () => {
    const { api, connections } = await fakeDocker(
      `[ $nth = 1 ] && { asked; answer 200 1; asked; exit 0; }\n${ANSWERS}`,
    );
    expect(await ask(api)).toBe(1);
    expect(await ask(api)).toEqual({ a: 1 });
    expect(await connections()).toHaveLength(2);
  });

  it('is asked once more and no oftener', async () => {
    const { api, connections } = await fakeDocker(`[ $nth = 1 ] && { asked; answer 200 1; }\nasked; exit 3`);
    await ask(api);
    await expect(ask(api)).rejects.toMatchObject({
      type: 'Unreachable',
      message: 'it cannot be asked: docker system dial-stdio has ended (exit code 3)',
    });
    expect(await connections()).toHaveLength(2);
  });

  it('whose connection never was one is not asked again', async () => {
    const { api, connections } = await fakeDocker('exit 1');
    await expect(ask(api)).rejects.toMatchObject({ type: 'Unreachable' });
    expect(await connections()).toHaveLength(1);
  });

  it('with more of an answer than may be read is an error', async () => {
    const size = 17 * 1024 * 1024;
    const { api } = await fakeDocker(
      `asked; printf 'HTTP/1.1 200 X\\r\\ncontent-length: ${size}\\r\\n\\r\\n'; head -c ${size} /dev/zero`,
    );
    await expect(ask(api)).rejects.toMatchObject({
      type: 'Unreachable',
      message: 'it cannot be asked: the engine answered more than may be read',
    });
  });
});

describe('what the docker command says instead of connecting', () => {
  it.each([
    [
      'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: permission denied',
      'AccessDenied',
    ],
    ['permission denied while trying to connect to the Docker daemon socket', 'AccessDenied'],
    [
      'failed to open the raw stream connection: dial unix /x.sock: connect: no such file or directory',
      'Unreachable',
    ],
    [
      'failed to open the raw stream connection: dial tcp 127.0.0.1:1: connect: connection refused',
      'Unreachable',
    ],
    ['Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?', 'Unreachable'],
    [
      'error while Copy (stream to stdout): command [ssh -- host docker system dial-stdio] has exited with exit status 255, please make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=Host key verification failed.',
      'Unreachable',
    ],
    ['unable to resolve docker endpoint: context "theirs" does not exist', 'InvalidConfig'],
    ['docker: unknown command: docker system dial-stdio', 'CommandMissing'],
    ['Error: unrecognized command `podman system dial-stdio`', 'CommandMissing'],
  ])('%s', async (said, type) => {
    const { api } = await fakeDocker(`cat >&2 <<'END'\n${said}\nEND\nexit 1`);
    const error = await ask(api).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type, message: expect.stringContaining(said.slice(0, 40)) });
  });

  it('its usage, when it is too old, is no engine: the message says what is needed', async () => {
    const { api } = await fakeDocker(
      `printf '\\nUsage:\\tdocker system COMMAND\\n\\nManage Docker\\n'; sleep 0.1`,
    );
    await expect(ask(api)).rejects.toMatchObject({
      type: 'CommandMissing',
      retryable: false,
      message: expect.stringContaining("has to be Docker's, 18.09 or newer"),
    });
  });

  it('a command that is not there, or is none, is named', async () => {
    const PATH = await mkdtemp(join(tmpdir(), 'runbook-docker-'));
    onTestFinished(() => rm(PATH, { recursive: true, force: true }));
    await expect(ask(new EngineApi({ PATH }))).rejects.toMatchObject({
      type: 'CommandMissing',
      message: "docker cannot be run on the worker's host (ENOENT)",
    });
  });

  it('is heard though a program that it has started keeps its outputs open', async () => {
    const { api } = await fakeDocker('sleep 5 & echo "connection refused" >&2; exit 1');
    const since = Date.now();
    await expect(ask(api)).rejects.toMatchObject({ message: 'it cannot be asked: connection refused' });
    expect(Date.now() - since).toBeLessThan(4_000);
  });

  it('is repeated without its secrets', async () => {
    const { api } = await fakeDocker('echo "no engine at tcp://ada:hunter2hunter2@host" >&2; exit 1');
    const error = await ask(api).catch((thrown: unknown) => thrown);
    expect(`${error}`).toContain('no engine at tcp://');
    expect(`${error}`).not.toContain('hunter2');
  });
});

describe('an answer', () => {
  const answered = (status: number, body: string) => fakeDocker(`asked; answer ${status} '${body}'; asked`);

  it.each([
    [500, '{"message":"write /var/lib/docker/x: no space left on device"}', 'FileNotWritten'],
    [500, '{"message":"transport is closing: unavailable"}', 'Unreachable'],
    [403, '{"message":"authorization denied by plugin: access forbidden"}', 'AccessDenied'],
    [404, '{"message":"page not found"}', 'Unreachable'],
    [301, '', 'Unreachable'],
    [200, 'token-hunter2', 'Unreachable'],
  ])('with status %s and %s', async (status, body, type) => {
    const { api } = await answered(status, body);
    const error = await ask(api).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type, message: expect.stringMatching(/^it cannot be asked: /) });
    expect(`${error}`).not.toContain('hunter2');
  });

  it.each([
    [200, '{"Id":"a"}', { Id: 'a' }],
    [404, '{"message":"No such image: a"}', undefined],
    [
      400,
      '{"message":"no such image: A: invalid reference format: repository name must be lowercase"}',
      undefined,
    ],
  ])('of what may be missing, with status %s and %s', async (status, body, found) => {
    const { api } = await answered(status, body);
    expect(await api.find('it cannot be inspected', '/images/a/json', signal)).toEqual(found);
  });

  it('of a path that the engine does not know says nothing of what may be missing', async () => {
    const { api } = await answered(404, '{"message":"page not found"}');
    await expect(api.find('it cannot be inspected', '/images/a/json', signal)).rejects.toMatchObject({
      type: 'Unreachable',
      message: 'it cannot be inspected: Error response from daemon: page not found',
    });
  });
});

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { startControlPlane } from '../../sandbox/control-plane/index.ts';
import { expectPodAddresses } from '../../sandbox/node-agent/network.ts';
import { locateTools } from '../../tools/index.ts';
import { onFreePorts } from '../../tools/ports.ts';
import { openProcesses, ProcessEnded, type Processes, whileRunning } from '../../tools/processes/index.ts';
import { startTemporalServer } from '../../tools/temporal-server.ts';
import { temporaryFolder, writeProgram } from '../tools/surroundings.ts';

let processes: Processes;
beforeEach(async () => {
  processes = await openProcesses();
  return () => processes.close();
});

const IDLE = 'exec sleep 60';

test.each([
  ['etcd', { etcd: 'echo "disk full" >&2; exit 7', 'kube-apiserver': IDLE }],
  ['kube-apiserver', { etcd: IDLE, 'kube-apiserver': 'echo "disk full" >&2; exit 7' }],
])('a control plane whose %s ends at start says with what words, at once', async (name, scripts) => {
  const bin = await temporaryFolder();
  const programs = {
    etcd: await writeProgram(join(bin, 'etcd'), scripts.etcd),
    'kube-apiserver': await writeProgram(join(bin, 'kube-apiserver'), scripts['kube-apiserver']),
    'kube-controller-manager': 'never',
  };
  const began = performance.now();
  await expect(startControlPlane(processes, programs)).rejects.toThrow(
    `${name} has ended (exit code 7); its last lines:\n  disk full`,
  );
  expect(performance.now() - began).toBeLessThan(5000);
});

test('a Temporal server that ends at start says with what words', async () => {
  const program = await writeProgram(
    join(await temporaryFolder(), 'temporal'),
    'echo "no such flag"; exit 1',
  );
  const starting = startTemporalServer(processes, program, { ui: false, fsync: false });
  await expect(starting).rejects.toThrow('temporal has ended (exit code 1); its last lines:\n  no such flag');
});

test('an abort ends the waiting for a server', async () => {
  const program = await writeProgram(join(await temporaryFolder(), 'temporal'), IDLE);
  const abort = new AbortController();
  const starting = startTemporalServer(processes, program, { ui: false, fsync: false, signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(starting).rejects.toThrow('enough');
});

test('a Temporal server whose port somebody else has taken is started again on others', async () => {
  const bin = await temporaryFolder();
  const { temporal } = await locateTools(['temporal']);
  // The first one sees its port answer, as if a stranger had taken it, and ends; the second one is the real server.
  const stranger = `
    const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
    require("node:net").createServer().listen(port, "127.0.0.1");
    setTimeout(() => process.exit(1), 300);`;
  const program = await writeProgram(
    join(bin, 'temporal'),
    `[ -e '${bin}/seen' ] && exec '${temporal.path}' "$@"
    touch '${bin}/seen'
    exec '${process.execPath}' -e '${stranger}' -- "$@"`,
  );
  const { pid } = await startTemporalServer(processes, program, { ui: false, fsync: false });
  expect(() => process.kill(pid(), 0)).not.toThrow();
  await access(join(bin, 'seen'));
});

test('what fails for another reason than its ports is not started again', async () => {
  let starts = 0;
  const starting = onFreePorts(1, async () => {
    starts += 1;
    throw new Error('no luck');
  });
  await expect(starting).rejects.toThrow('no luck');
  expect(starts).toBe(1);
});

test('work that needs a process fails when that ends, and is told to stop', async () => {
  const one = await processes.start('helper', process.execPath, ['-e', 'process.exit(3)']);
  let told: unknown;
  const waiting = whileRunning([one], async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    told = signal.reason;
  });
  await expect(waiting).rejects.toThrow(ProcessEnded);
  expect(told).toMatchObject({ message: 'helper has ended (exit code 3)' });
});

test('a machine without addresses for pods is refused in one sentence', async () => {
  await expectPodAddresses();
  // TEST-NET-1 (RFC 5737): no machine has it, as macOS has no 127.1.2.3.
  await expect(expectPodAddresses('192.0.2.1')).rejects.toThrow(
    /^The sandbox gives every pod .*\(EADDRNOTAVAIL\): sandbox and demo need Linux for now\.$/,
  );
});

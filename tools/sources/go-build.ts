import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.ts';
import { receive } from '../receipt.ts';
import { type CommandOptions, lastLine, runCommand } from './command.ts';
import type { Source, SourceContext } from './source.ts';

const MODULE = join(import.meta.dirname, '..', 'kubernetes');
const BUILD_MS = 40 * 60_000;
/** Four programs may be in front, each on a slow machine. */
const QUEUE_MS = 2 * 60 * 60_000;

/** A build from the official Go modules, pinned by `tools/kubernetes/go.mod` and `go.sum`. One at a time. */
export const goBuild: Source = {
  name: 'built',
  async find(context) {
    const { name, entry, folder, signal } = context;
    if (!entry.goPackage) return { missing: 'it cannot be built from its Go module' };
    const unsuitable = await problemWithGo(context);
    if (unsuitable) return { missing: unsuitable };
    // They share Go's build cache and all cores: side by side they would only be slower.
    const queue = { signal, waitMs: QUEUE_MS };
    return withLock(join(dirname(folder), 'go-build.lock'), queue, async () => {
      const temporary = await mkdtemp(join(folder, '.build-'));
      try {
        const problem = await build(entry.goPackage ?? '', join(temporary, name), context);
        return problem ? { missing: problem } : await receive(join(temporary, name), context);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    });
  },
};

async function build(
  goPackage: string,
  program: string,
  context: SourceContext,
): Promise<string | undefined> {
  const { name, entry, progress } = context;
  progress(
    `building ${name} ${entry.version} from its Go module: this happens once and takes some minutes ...`,
  );
  const args = ['build', '-trimpath', '-ldflags', linkerFlags(entry.version), '-o', program, goPackage];
  const { code, output } = await runCommand('go', args, goOptions(context, `building ${name}`, BUILD_MS));
  return code === 0 ? undefined : `go build: ${lastLine(output)}`;
}

async function problemWithGo(context: SourceContext): Promise<string | undefined> {
  const wanted = /^go (\d+\.\d+)/m.exec(await readFile(join(MODULE, 'go.mod'), 'utf8'))?.[1] ?? '';
  const asked = await runCommand(
    'go',
    ['env', 'GOVERSION'],
    goOptions(context, 'asking for the Go version', 30_000),
  );
  if (asked.code === 127) return `Go is not installed (${wanted} or newer is needed)`;
  const has = /^go(\d+\.\d+)/m.exec(asked.output)?.[1];
  if (!has) return `go env GOVERSION: ${lastLine(asked.output)}`;
  return isOlder(has, wanted) ? `Go ${has} is too old (${wanted} or newer is needed)` : undefined;
}

function isOlder(has: string, wanted: string): boolean {
  return has.localeCompare(wanted, 'en', { numeric: true }) < 0;
}

/** Go as the module files want it, whatever the user's own settings are: no other toolchain, workspace or platform. */
function goOptions(
  { env, signal, progress }: SourceContext,
  label: string,
  timeoutMs: number,
): CommandOptions {
  const fixed = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  return { cwd: MODULE, env: { ...env, ...fixed, GOOS: '', GOARCH: '' }, signal, progress, label, timeoutMs };
}

/** Without these the Kubernetes programs call themselves v0.0.0-master, which kubectl cannot parse. */
function linkerFlags(version: string): string {
  const [major, minor] = version.split('.');
  const base = 'k8s.io/component-base/version';
  return [
    '-s -w',
    `-X ${base}.gitVersion=v${version}`,
    `-X ${base}.gitMajor=${major}`,
    `-X ${base}.gitMinor=${minor}`,
    `-X k8s.io/client-go/pkg/version.gitVersion=v${version}`,
  ].join(' ');
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { withLockFile } from '../../src/locks/lock-file.ts';
import { describeHolder, type LockFileHolder } from '../../src/locks/mark.ts';
import type { GoBuild } from '../catalogue.ts';
import { receive } from '../receipt.ts';
import { sayAtWork } from './at-work.ts';
import { type CommandOptions, lastLine, runCommand } from './command.ts';
import type { Source, SourceContext } from './source.ts';

const BUILD_MS = 40 * 60_000;
/** Four programs may be in front, each on a slow machine. */
const QUEUE_MS = 2 * 60 * 60_000;

/** A build from the official Go modules, pinned by a go.mod and go.sum of ours. One at a time. */
export const goBuild: Source = {
  name: 'built',
  async find(context) {
    const { name, entry, folder, signal } = context;
    const { go } = entry;
    if (!go) return { missing: 'it cannot be built from its Go module' };
    const unsuitable = await problemWithGo(go, context);
    if (unsuitable) return { missing: unsuitable };
    let isTurn = () => {};
    const onWait = (holder: LockFileHolder | undefined) => {
      isTurn = sayWaiting(context, holder);
    };
    // They share Go's build cache and all cores: side by side they would only be slower.
    const queue = { signal, waitMs: QUEUE_MS, onWait };
    return withLockFile(join(dirname(folder), 'go-build.lock'), queue, async () => {
      isTurn();
      const temporary = await mkdtemp(join(folder, '.build-'));
      try {
        const problem = await build(go, join(temporary, name), context);
        return problem ? { missing: problem } : await receive(join(temporary, name), context);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    }).finally(() => isTurn());
  },
};

/** Says who builds meanwhile, again and again: it may take an hour. A build of this process speaks for itself. */
function sayWaiting({ name, progress }: SourceContext, holder: LockFileHolder | undefined): () => void {
  const isOwn = holder?.pid === process.pid && holder.host === hostname();
  const other = isOwn ? 'the one before it' : holder ? describeHolder(holder) : 'another process';
  const label = `building ${name} waits for the Go build of ${other}`;
  progress(`${label} ...`);
  return isOwn ? () => {} : sayAtWork(label, progress);
}

async function build(go: GoBuild, program: string, context: SourceContext): Promise<string | undefined> {
  const { name, entry, progress } = context;
  progress(
    `building ${name} ${entry.version} from its Go module: this happens once and takes some minutes ...`,
  );
  const args = ['build', '-trimpath', '-ldflags', linkerFlags(go), '-o', program, go.package];
  const { code, output } = await runCommand('go', args, goOptions(go, context, `building ${name}`, BUILD_MS));
  return code === 0 ? undefined : `go build: ${lastLine(output)}`;
}

async function problemWithGo(go: GoBuild, context: SourceContext): Promise<string | undefined> {
  const wanted = /^go (\d+\.\d+)/m.exec(await readFile(join(moduleOf(go), 'go.mod'), 'utf8'))?.[1] ?? '';
  const asked = await runCommand(
    'go',
    ['env', 'GOVERSION'],
    goOptions(go, context, 'asking for the Go version', 30_000),
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
  go: GoBuild,
  { env, signal, progress }: SourceContext,
  label: string,
  timeoutMs: number,
): CommandOptions {
  const fixed = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const settings = { ...env, ...fixed, GOOS: '', GOARCH: '' };
  return { cwd: moduleOf(go), env: settings, signal, progress, label, timeoutMs };
}

function moduleOf({ folder }: GoBuild): string {
  return join(import.meta.dirname, '..', folder);
}

function linkerFlags({ variables }: GoBuild): string {
  return ['-s -w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

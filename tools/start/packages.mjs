// Whether the packages in node_modules are those of package-lock.json.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const modules = join(root, 'node_modules');
/** The locked Node. */
export const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const lockfile = join(root, 'package-lock.json');
const stamp = join(modules, '.installed-from');
const platform = `${process.platform}-${process.arch}`;

/** Whether the packages were installed from this lock file, on this kind of machine. */
export function isCurrent() {
  if (!existsSync(node)) return false;
  const [hash, where] = textOf(stamp)?.split(' ') ?? [];
  // A folder that came from another kind of machine has its programs, whatever the versions say.
  if (where !== undefined && where !== platform) return false;
  if (where !== undefined && hash === lockHash()) return true;
  if (!treeAgrees()) return false;
  if (where === undefined && spawnSync(node, ['--version']).status !== 0) return false;
  leaveStamp();
  return true;
}

/** The stamp saves the comparison at the next start. */
export function leaveStamp() {
  try {
    writeFileSync(stamp, `${lockHash()} ${platform}`);
  } catch {
    // The folder is read-only.
  }
}

/** What a file holds; nothing when it cannot be read. */
export function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockfile)).digest('hex');
}

/** Whether npm's own record of what it installed has every package of package-lock.json in its version. */
function treeAgrees() {
  const installed = packagesOf(join(modules, '.package-lock.json'));
  const locked = packagesOf(lockfile);
  if (!installed || !locked) return false;
  return Object.entries(locked).every(([path, { version, integrity, optional, devOptional, peer }]) => {
    const has = installed[path];
    if (path === '' || !path.startsWith('node_modules/')) return true;
    if (!has) return optional || devOptional || peer;
    return has.version === version && has.integrity === integrity;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

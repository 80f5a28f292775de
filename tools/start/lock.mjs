// A lock file, so that starts at the same time install once. Like src/locks/lock-file.ts, which needs the locked Node.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { textOf } from './packages.mjs';

/** The installing process touches its lock file this often; one that was not touched for long has lost its owner. */
const BEAT_MS = 5000;
const SILENT_MS = 60_000;
const WAIT_MS = 15 * 60_000;

/** Waits for the lock file, takes over one whose owner was killed, and returns the function that releases it. */
export async function takeLockFile(lock) {
  mkdirSync(dirname(lock), { recursive: true });
  const mark = JSON.stringify({ pid: process.pid, host: hostname(), at: Date.now() });
  const deadline = Date.now() + WAIT_MS;
  for (let told = false; !appear(lock, mark); told = true) {
    if (!told) process.stderr.write('waiting for another start that is installing the npm packages ...\n');
    if (Date.now() > deadline)
      throw new Error(`gave up waiting; remove ${lock} if nothing is being installed`);
    removeOrphan(lock);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const beat = setInterval(() => touch(lock), BEAT_MS);
  return () => {
    clearInterval(beat);
    if (textOf(lock) === mark) rmSync(lock, { force: true });
  };
}

/** The lock appears with its content: it is written under another name and linked, which fails on a taken name. */
function appear(lock, mark) {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, mark);
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function removeOrphan(lock) {
  const aside = `${lock}.${process.pid}.orphan`;
  try {
    const mark = readFileSync(lock, 'utf8');
    if (Date.now() - statSync(lock).mtimeMs < SILENT_MS && ownerRuns(mark)) return;
    // Two may see the same orphan: only one rename succeeds, and a fresh lock that it caught is put back.
    renameSync(lock, aside);
    if (textOf(aside) !== mark) linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function ownerRuns(mark) {
  try {
    const { pid, host } = JSON.parse(mark);
    return host !== hostname() || process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Somebody who thought us dead has taken it away.
  }
}

// The start of every npm script and of bin/runbook.mjs. Runs on any Node >= 18 without packages: installs them when
// they are missing or were installed from another package-lock.json, then runs the script on the locked Node.
import { isCurrent } from './start/packages.mjs';
import { runOnLockedNode } from './start/run.mjs';

if (!isCurrent()) await (await import('./start/install.mjs')).installPackages();
runOnLockedNode(process.argv.slice(2));

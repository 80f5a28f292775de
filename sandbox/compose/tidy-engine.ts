import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { containersBelow, LIST_WITH_FOLDER } from './project-containers.ts';

// Run at the end of a sandbox that used the user's own engine: removes the containers, networks, volumes and images of
// the sandbox, and nothing else. May be run again.
const [program = '', projects = '', registry = ''] = process.argv.slice(2);
const PROJECT = 'com.docker.compose.project';
if (!projects.startsWith('/') || !registry) process.exit(2);
// An engine that is no more has nothing of ours; one that does not answer is asked again at the next start.
const socket = process.env.DOCKER_HOST?.replace('unix://', '') ?? '';
if (!existsSync(socket)) process.exit(0);

remove(['rm', '--force', '--volumes'], containersBelow(projects, printed(LIST_WITH_FOLDER)));
// A folder's name is of this sandbox alone. A name that a compose file gives its project may be one of the user's too:
// such a project's networks and volumes stay.
for (const name of readdirSync(projects)) {
  const ofProject = ['--quiet', '--filter', `label=${PROJECT}=${name}`];
  remove(['network', 'rm'], lines('network', 'ls', ...ofProject));
  remove(['volume', 'rm'], lines('volume', 'ls', ...ofProject));
}
// By their names in our registry and never by their ids: the user may have the same image under another name.
for (const reference of references()) attempt(() => remove(['rmi'], [reference]));
process.exit(references().length > 0 ? 1 : 0);

function references(): string[] {
  return lines(
    'images',
    '--digests',
    '--format',
    '{{.Repository}}:{{.Tag}}\n{{.Repository}}@{{.Digest}}',
  ).filter((reference) => reference.startsWith(`${registry}/`) && !reference.endsWith('<none>'));
}

function lines(...args: string[]): string[] {
  return printed(args).split('\n').filter(Boolean);
}

function printed(args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function remove(command: readonly string[], names: readonly string[]): void {
  if (names.length > 0) execFileSync(program, [...command, ...names], { stdio: 'ignore' });
}

/** With the last tag of a repository its digests go too. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // What is left is counted at the end.
  }
}

import { execFile } from 'node:child_process';
import type { SandboxCluster } from '../../../sandbox/index.ts';
import { locateTool } from '../../../tools/index.ts';

/** Runs a command with the real kubectl as an administrator, as a person does what a message says. @returns both outputs. */
export async function realKubectl(
  { adminKubeconfig }: Pick<SandboxCluster, 'adminKubeconfig'>,
  command: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const { path } = await locateTool('kubectl');
  const [, ...words] = command.split(' ');
  return new Promise((resolve) => {
    execFile(path, ['--kubeconfig', adminKubeconfig, ...words], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}`.trim() });
    });
  });
}

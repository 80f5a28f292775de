import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePorts } from '../../tools/ports.ts';
import { type Kept, keep, type Managed, type Processes, whileRunning } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { type KubernetesApi, openApi } from './api.ts';
import { apiserverArguments, controllerArguments, etcdArguments } from './arguments.ts';
import { AUDIT_POLICY } from './audit-log.ts';
import { kubeconfig } from './kubeconfig.ts';

/** Programs of the control plane by name. */
export interface ControlPlanePrograms {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
}

/** A running etcd, kube-apiserver and kube-controller-manager on the loopback interface. */
export interface ControlPlane {
  readonly server: string;
  readonly ca: string;
  /** The API with every right; audit user `sandbox-admin`. */
  readonly admin: KubernetesApi;
  readonly adminKubeconfig: string;
  readonly auditLog: string;
  /** Each can be killed and brought back on the same ports and data. */
  readonly processes: { readonly etcd: Kept; readonly apiserver: Kept; readonly controllers: Kept };
}

/**
 * Starts the control plane and waits until its API server is ready.
 * @throws ProcessEnded with the end of its log when a part of it does not come up.
 */
export function startControlPlane(
  processes: Processes,
  programs: ControlPlanePrograms,
  signal?: AbortSignal,
): Promise<ControlPlane> {
  return onFreePorts(3, async (ports) => {
    const begun: Managed[] = [];
    try {
      return await start(processes, programs, ports, begun, signal);
    } catch (error) {
      for (const one of begun) one.signal('SIGKILL');
      await Promise.all(begun.map((one) => one.exited));
      throw error;
    }
  });
}

async function start(
  processes: Processes,
  programs: ControlPlanePrograms,
  [etcdPort = 0, peerPort = 0, apiPort = 0]: readonly number[],
  begun: Managed[],
  signal: AbortSignal | undefined,
): Promise<ControlPlane> {
  const folder = await mkdtemp(join(processes.folder, 'kubernetes-'));
  const file = (name: string) => join(folder, name);
  const { adminToken, controllerToken } = await writeCredentials(file);
  const begin = async (name: keyof ControlPlanePrograms, args: readonly string[]): Promise<Managed> => {
    const one = await processes.start(name, programs[name], args, { log: file(`${name}.log`) });
    begun.push(one);
    return one;
  };

  let isReadyAgain = async (_signal: AbortSignal): Promise<unknown> => undefined;
  const keepPart = (name: keyof ControlPlanePrograms, args: readonly string[]) =>
    keep(
      () => begin(name, args),
      (one) => whileRunning([one], isReadyAgain),
    );
  const etcd = await keepPart('etcd', etcdArguments(file('etcd'), etcdPort, peerPort));
  const apiserver = await keepPart('kube-apiserver', apiserverArguments(file, apiPort, etcdPort));
  const server = `https://127.0.0.1:${apiPort}`;
  const { ca, admin } = await whileRunning(
    [etcd.current(), apiserver.current()],
    async (signal) => {
      const ca = await until('the API server to come up', () => certificate(file('apiserver.crt')), {
        signal,
      });
      const admin = openApi(server, ca, adminToken);
      try {
        await until('the API server to be ready', () => isReady(admin), { signal });
        return { ca, admin };
      } catch (error) {
        await admin.close();
        throw error;
      }
    },
    signal,
  );

  isReadyAgain = (signal) => until('the API server to be ready again', () => isReady(admin), { signal });
  await writeFile(file('controllers.kubeconfig'), kubeconfig(server, ca, controllerToken), { mode: 0o600 });
  const adminKubeconfig = file('admin.kubeconfig');
  await writeFile(adminKubeconfig, kubeconfig(server, ca, adminToken), { mode: 0o600 });
  const controllers = await keepPart(
    'kube-controller-manager',
    controllerArguments(file('controllers.kubeconfig')),
  );
  const auditLog = file('audit.log');
  return { server, ca, admin, adminKubeconfig, auditLog, processes: { etcd, apiserver, controllers } };
}

async function certificate(file: string): Promise<string | false> {
  const pem = await readFile(file, 'utf8').catch(() => '');
  return pem.includes('END CERTIFICATE') && pem;
}

async function isReady(admin: KubernetesApi): Promise<boolean> {
  const { status } = await admin.call('GET', '/readyz').catch(() => ({ status: 0 }));
  return status === 200;
}

/** Keys, tokens and the audit policy that the API server is started with. */
async function writeCredentials(
  file: (name: string) => string,
): Promise<{ readonly adminToken: string; readonly controllerToken: string }> {
  const adminToken = randomBytes(24).toString('hex');
  const controllerToken = randomBytes(24).toString('hex');
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  await Promise.all([
    writeFile(file('sa.key'), keys.privateKey, { mode: 0o600 }),
    writeFile(file('sa.pub'), keys.publicKey),
    writeFile(file('audit-policy.json'), JSON.stringify(AUDIT_POLICY)),
    writeFile(
      file('tokens.csv'),
      `${adminToken},sandbox-admin,1,"system:masters"\n${controllerToken},system:kube-controller-manager,2,"system:masters"\n`,
      { mode: 0o600 },
    ),
  ]);
  return { adminToken, controllerToken };
}

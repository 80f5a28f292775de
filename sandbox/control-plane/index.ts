import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../tools/ports.ts';
import type { Managed, Processes } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { type KubernetesApi, openApi } from './api.ts';
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
  readonly processes: { readonly etcd: Managed; readonly apiserver: Managed; readonly controllers: Managed };
}

const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'disruption-controller',
  'resourcequota-controller',
];

export async function startControlPlane(
  processes: Processes,
  programs: ControlPlanePrograms,
): Promise<ControlPlane> {
  const folder = join(processes.folder, 'kubernetes');
  await mkdir(folder);
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const file = (name: string) => join(folder, name);
  const auditLog = file('audit.log');
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

  const etcd = await processes.start(
    'etcd',
    programs.etcd,
    [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
      `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    { log: file('etcd.log') },
  );
  const apiserver = await processes.start(
    'kube-apiserver',
    programs['kube-apiserver'],
    [
      '--bind-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      // The server makes its own certificate here; it is what kubeconfigs trust.
      `--cert-dir=${folder}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--anonymous-auth=false',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
      '--profiling=false',
      '--enable-priority-and-fairness=false',
      '--max-requests-inflight=0',
      '--max-mutating-requests-inflight=0',
      `--audit-policy-file=${file('audit-policy.json')}`,
      `--audit-log-path=${auditLog}`,
      '--audit-log-mode=blocking',
    ],
    { log: file('apiserver.log') },
  );
  const server = `https://127.0.0.1:${apiPort}`;
  const ca = await until('the API server to come up', async () => {
    const pem = await readFile(file('apiserver.crt'), 'utf8').catch(() => '');
    return pem.includes('END CERTIFICATE') && pem;
  });
  const admin = openApi(server, ca, adminToken);
  const gone = Promise.race([
    etcd.exited.then(() => Promise.reject(new Error(`etcd ended at start; see ${file('etcd.log')}`))),
    apiserver.exited.then(() =>
      Promise.reject(new Error(`kube-apiserver ended at start; see ${file('apiserver.log')}`)),
    ),
  ]);
  gone.catch(() => undefined);
  const ready = until('the API server to be ready', async () => {
    const { status } = await admin.call('GET', '/readyz').catch(() => ({ status: 0 }));
    return status === 200;
  });
  await Promise.race([ready, gone]);

  await writeFile(file('controllers.kubeconfig'), kubeconfig(server, ca, controllerToken), { mode: 0o600 });
  const adminKubeconfig = file('admin.kubeconfig');
  await writeFile(adminKubeconfig, kubeconfig(server, ca, adminToken), { mode: 0o600 });
  const controllers = await processes.start(
    'kube-controller-manager',
    programs['kube-controller-manager'],
    [
      `--kubeconfig=${file('controllers.kubeconfig')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      '--secure-port=0',
      `--controllers=${CONTROLLERS.join(',')}`,
      '--kube-api-qps=2000',
      '--kube-api-burst=4000',
      '--use-service-account-credentials=false',
      '--v=1',
    ],
    { log: file('controllers.log') },
  );
  return { server, ca, admin, adminKubeconfig, auditLog, processes: { etcd, apiserver, controllers } };
}

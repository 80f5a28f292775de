/** Command lines of the control plane: one member, on the loopback interface, nothing synced to disk. */

const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'disruption-controller',
  'node-lifecycle-controller',
  'resourcequota-controller',
];

export function etcdArguments(dataFolder: string, clientPort: number, peerPort: number): readonly string[] {
  const [clients, peers] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** @param file gives the path of a file in the folder of the control plane. */
export function apiserverArguments(
  file: (name: string) => string,
  port: number,
  etcdPort: number,
): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    // The server makes its own certificate here; it is what kubeconfigs trust.
    `--cert-dir=${file('')}`,
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
    `--audit-log-path=${file('audit.log')}`,
    '--audit-log-mode=blocking',
  ];
}

export function controllerArguments(kubeconfig: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    `--controllers=${CONTROLLERS.join(',')}`,
    // A node is what its status says: no kubelet of the sandbox renews a lease.
    '--node-monitor-period=200ms',
    '--node-monitor-grace-period=24h',
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--use-service-account-credentials=false',
    '--v=1',
  ];
}

import { CHECKSUMS } from './checksums.ts';

/** The external programs of this project, in the versions that it is tested with, and where each can be had. */
export const TOOL_NAMES = [
  'temporal',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
] as const;

/** What the Compose part of the sandbox needs besides. Not every host has an engine: these are optional but in CI. */
export const COMPOSE_TOOL_NAMES = ['docker', 'dockerd', 'docker-registry', 'docker-compose'] as const;
/** What measures in the sandbox: optional but in CI, as those of Compose are. */
export const PROMETHEUS_TOOL_NAMES = ['prometheus', 'promtool'] as const;
export type ToolName = (typeof TOOL_NAMES | typeof COMPOSE_TOOL_NAMES | typeof PROMETHEUS_TOOL_NAMES)[number];

/** Major and minor number of a version. */
export type MajorMinor = readonly [major: number, minor: number];

/** Finds the download for an operating system and processor, in Node's names (`linux`, `x64`); none for some. */
export type FindDownload = (os: NodeJS.Platform, arch: NodeJS.Architecture) => Download | undefined;

/** One program: which version, how it says so, and where it can be had. */
export interface ToolEntry {
  /** The version that downloads and builds bring. */
  readonly version: string;
  /** Environment variable that names the program's path. */
  readonly variable: string;
  /** Arguments that make it print its version, and where the three numbers stand in that output. */
  readonly versionArguments: readonly string[];
  readonly versionPattern: RegExp;
  /** Range that will do when the program was not brought by this project, both ends included. */
  readonly oldest: MajorMinor;
  readonly newest: MajorMinor;
  /** What the operator can install by hand. */
  readonly hint: string;
  /** Folders that are searched after PATH; `~` is the home folder. */
  readonly folders?: readonly string[];
  /** The official download for this machine. */
  readonly download: FindDownload;
  /** What it is built from. */
  readonly go?: GoBuild;
  /** Folder under `tools/` with a hash-pinned requirements.txt, and the program's name in its bin folder. */
  readonly wheel?: { readonly folder: string; readonly program: string };
}

/** A program in a Go module. */
export interface GoBuild {
  /** Folder under `tools/` whose go.mod and go.sum pin the module and all that it needs. */
  readonly folder: string;
  readonly package: string;
  /** Go variables that the linker sets: without them the program does not know its version. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where official downloads come from; another base address is a mirror with the same layout. */
export interface DownloadSites {
  readonly kubernetes: string;
  readonly github: string;
}

/** The vendors' own addresses. */
export const OFFICIAL_SITES: DownloadSites = {
  kubernetes: 'https://dl.k8s.io',
  github: 'https://github.com',
};

/** An official download. */
export interface Download {
  readonly site: keyof DownloadSites;
  /** Path under the site's base address. */
  readonly path: string;
  /** SHA-256 of the download, where it is known beforehand. */
  readonly sha256?: string;
  /** File beside it with the SHA-256, either alone or in lines of `<hash>  <name>`; asked when none is pinned. */
  readonly checksumPath: string;
  /** Path of the program inside a tar.gz archive; without it the download is the program itself. */
  readonly member?: string;
}

const KUBERNETES = '1.36.3';
const ETCD = '3.6.8';
const TEMPORAL = '1.9.1';
const COMPOSE = '2.40.3';
const PROMETHEUS = '2.42.0';

const VENDOR_OS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' };
const COMPOSE_ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const VENDOR_ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

function pinned(file: string): { readonly sha256?: string } {
  const sha256 = CHECKSUMS[file];
  return sha256 ? { sha256 } : {};
}

/** A program of the Kubernetes module. It calls itself v0.0.0-master otherwise, which kubectl cannot parse. */
function kubernetesBuild(goPackage: string): GoBuild {
  const [major = '', minor = ''] = KUBERNETES.split('.');
  const base = 'k8s.io/component-base/version';
  return {
    folder: 'kubernetes',
    package: goPackage,
    variables: {
      [`${base}.gitVersion`]: `v${KUBERNETES}`,
      [`${base}.gitMajor`]: major,
      [`${base}.gitMinor`]: minor,
      'k8s.io/client-go/pkg/version.gitVersion': `v${KUBERNETES}`,
    },
  };
}

function kubernetesDownload(program: string, systems: readonly NodeJS.Platform[]): FindDownload {
  return (os, arch) => {
    if (!systems.includes(os) || !VENDOR_ARCH[arch]) return undefined;
    const path = `v${KUBERNETES}/bin/${VENDOR_OS[os]}/${VENDOR_ARCH[arch]}/${program}`;
    return { site: 'kubernetes', path, checksumPath: `${path}.sha256`, ...pinned(path) };
  };
}

/** A part of the control plane. Its minor version is fixed: the parts must not be newer than the API server. */
function controlPlane(program: string, variable: string): ToolEntry {
  return {
    version: KUBERNETES,
    variable,
    versionArguments: ['--version'],
    versionPattern: /Kubernetes v(\d+)\.(\d+)\.(\d+)/,
    oldest: [1, 36],
    newest: [1, 36],
    hint: `${program} ${KUBERNETES} (https://kubernetes.io/releases/download), or Go 1.26 or newer to build it`,
    go: kubernetesBuild(`k8s.io/kubernetes/cmd/${program}`),
    download: kubernetesDownload(program, ['linux']),
  };
}

/** A part of the Docker engine that nobody but the host's own packages can bring. */
function installed(
  entry: Pick<ToolEntry, 'version' | 'variable' | 'versionPattern' | 'oldest' | 'hint'> &
    Partial<Pick<ToolEntry, 'folders'>>,
): ToolEntry {
  const newest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
  return { ...entry, versionArguments: ['--version'], newest, download: () => undefined };
}

/** A program of Prometheus. The host's own package comes first; the official archive has both programs. */
function ofPrometheus(program: string, variable: string): ToolEntry {
  return {
    version: PROMETHEUS,
    variable,
    versionArguments: ['--version'],
    versionPattern: /version (\d+)\.(\d+)\.(\d+)/,
    oldest: [2, 42],
    newest: [2, Number.POSITIVE_INFINITY],
    hint: `${program} ${PROMETHEUS} (Debian package prometheus, or https://prometheus.io/download)`,
    download: (os, arch) => {
      if (!VENDOR_OS[os] || !VENDOR_ARCH[arch]) return undefined;
      const folder = `prometheus/prometheus/releases/download/v${PROMETHEUS}`;
      const name = `prometheus-${PROMETHEUS}.${VENDOR_OS[os]}-${VENDOR_ARCH[arch]}`;
      return {
        site: 'github',
        path: `${folder}/${name}.tar.gz`,
        checksumPath: `${folder}/sha256sums.txt`,
        member: `${name}/${program}`,
      };
    },
  };
}

/** Every tool by its name. */
export const TOOLS: Readonly<Record<ToolName, ToolEntry>> = {
  temporal: {
    version: TEMPORAL,
    variable: 'RUNBOOK_TEMPORAL',
    versionArguments: ['--version'],
    versionPattern: /version (\d+)\.(\d+)\.(\d+)/,
    oldest: [1, 9],
    newest: [1, Number.POSITIVE_INFINITY],
    hint: `the Temporal CLI ${TEMPORAL} (https://docs.temporal.io/cli/setup-cli), or Python 3 with pip to have it installed`,
    download: (os, arch) => {
      if (!VENDOR_OS[os] || !VENDOR_ARCH[arch]) return undefined;
      const folder = `temporalio/cli/releases/download/v${TEMPORAL}`;
      const file = `temporal_cli_${TEMPORAL}_${VENDOR_OS[os]}_${VENDOR_ARCH[arch]}.tar.gz`;
      return {
        site: 'github',
        path: `${folder}/${file}`,
        checksumPath: `${folder}/checksums.txt`,
        member: 'temporal',
        ...pinned(file),
      };
    },
    wheel: { folder: 'temporal', program: 'temporal' },
  },
  etcd: {
    version: ETCD,
    variable: 'RUNBOOK_ETCD',
    versionArguments: ['--version'],
    versionPattern: /etcd Version: (\d+)\.(\d+)\.(\d+)/,
    oldest: [3, 6],
    newest: [3, Number.POSITIVE_INFINITY],
    hint: `etcd ${ETCD} (https://etcd.io/docs/v3.6/install), or Go 1.26 or newer to build it`,
    download: (os, arch) => {
      if (os !== 'linux' || !VENDOR_ARCH[arch]) return undefined;
      const folder = `etcd-io/etcd/releases/download/v${ETCD}`;
      const name = `etcd-v${ETCD}-linux-${VENDOR_ARCH[arch]}`;
      return {
        site: 'github',
        path: `${folder}/${name}.tar.gz`,
        checksumPath: `${folder}/SHA256SUMS`,
        member: `${name}/etcd`,
        ...pinned(`${name}.tar.gz`),
      };
    },
    go: { folder: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', variables: {} },
  },
  'kube-apiserver': controlPlane('kube-apiserver', 'RUNBOOK_KUBE_APISERVER'),
  'kube-controller-manager': controlPlane('kube-controller-manager', 'RUNBOOK_KUBE_CONTROLLER_MANAGER'),
  kubectl: {
    version: KUBERNETES,
    variable: 'RUNBOOK_KUBECTL',
    versionArguments: ['version', '--client'],
    versionPattern: /Client Version: v(\d+)\.(\d+)\.(\d+)/,
    oldest: [1, 35],
    newest: [1, 37],
    hint: `kubectl ${KUBERNETES} (https://kubernetes.io/docs/tasks/tools), or Go 1.26 or newer to build it`,
    download: kubernetesDownload('kubectl', ['linux', 'darwin']),
    wheel: { folder: 'kubectl', program: 'kubectl' },
    go: kubernetesBuild('k8s.io/kubernetes/cmd/kubectl'),
  },
  docker: installed({
    version: '20.10.24',
    variable: 'RUNBOOK_DOCKER',
    versionPattern: /Docker version (\d+)\.(\d+)\.(\d+)/,
    oldest: [20, 10],
    hint: 'the Docker command (Debian package docker.io)',
  }),
  dockerd: installed({
    version: '20.10.24',
    variable: 'RUNBOOK_DOCKERD',
    versionPattern: /Docker version (\d+)\.(\d+)\.(\d+)/,
    oldest: [20, 10],
    hint: 'the Docker engine (Debian package docker.io)',
    folders: ['/usr/sbin', '/sbin'],
  }),
  'docker-registry': installed({
    version: '2.8.2',
    variable: 'RUNBOOK_DOCKER_REGISTRY',
    versionPattern: /distribution(?:\/v3)? v?(\d+)\.(\d+)\.(\d+)/,
    oldest: [2, 7],
    hint: 'a registry (Debian package docker-registry)',
  }),
  'docker-compose': {
    version: COMPOSE,
    variable: 'RUNBOOK_DOCKER_COMPOSE',
    versionArguments: ['version'],
    versionPattern: /version v?(\d+)\.(\d+)\.(\d+)/,
    oldest: [2, 20],
    newest: [2, Number.POSITIVE_INFINITY],
    hint: `Docker Compose ${COMPOSE} (https://docs.docker.com/compose/install), or Go 1.26 or newer to build it`,
    folders: [
      '~/.docker',
      ...['local/lib', 'local/libexec', 'lib', 'libexec'].map((at) => `/usr/${at}/docker`),
    ].map((folder) => `${folder}/cli-plugins`),
    download: (os, arch) => {
      if (os !== 'linux' || !COMPOSE_ARCH[arch]) return undefined;
      const file = `v${COMPOSE}/docker-compose-linux-${COMPOSE_ARCH[arch]}`;
      const path = `docker/compose/releases/download/${file}`;
      return { site: 'github', path, checksumPath: `${path}.sha256`, ...pinned(file) };
    },
    go: {
      folder: 'compose',
      package: 'github.com/docker/compose/v2/cmd',
      variables: { 'github.com/docker/compose/v2/internal.Version': `v${COMPOSE}` },
    },
  },
  prometheus: ofPrometheus('prometheus', 'RUNBOOK_PROMETHEUS'),
  promtool: ofPrometheus('promtool', 'RUNBOOK_PROMTOOL'),
};

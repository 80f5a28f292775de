import type { ChosenContext } from './choose.ts';
import { PROXY_SCHEMES } from './proxy.ts';
import type { ExecConfig, KubeconfigCluster, KubeconfigUser } from './schema.ts';

/** Versions of the exec plugin protocol (Kubernetes: client.authentication.k8s.io). */
const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const INTERACTIVE_MODES = ['Never', 'IfAvailable', 'Always'];

/**
 * What of a context is not supported here, or makes no sense (kubectl refuses these too, but for those that need a
 * terminal or a SOCKS proxy), by the name of its field. Pure.
 */
export function problemWith({ clusterName, cluster, userName, user }: ChosenContext): string | undefined {
  const ofCluster = clusterProblem(cluster);
  if (ofCluster) return `cluster "${clusterName}": ${ofCluster}`;
  const ofUser = userProblem(user);
  return ofUser && `user "${userName}": ${ofUser}`;
}

function clusterProblem(cluster: KubeconfigCluster): string | undefined {
  const { server, 'proxy-url': proxy } = cluster;
  if (!server) return 'server: is missing';
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    return 'server: expected an address that begins with https://';
  }
  const [file, data] = [cluster['certificate-authority'], cluster['certificate-authority-data']];
  if (cluster['insecure-skip-tls-verify'] && (file || data)) {
    return 'insecure-skip-tls-verify: does not go with certificate-authority';
  }
  if (!proxy) return undefined;
  if (!URL.canParse(proxy)) return 'proxy-url: expected an address such as http://proxy.example:3128';
  const scheme = new URL(proxy).protocol;
  return PROXY_SCHEMES.includes(scheme)
    ? undefined
    : `proxy-url: a ${scheme}// proxy is not supported, use http://`;
}

function userProblem(user: KubeconfigUser): string | undefined {
  const { token, tokenFile, username, password, exec, 'auth-provider': provider } = user;
  const hasCertificate = user['client-certificate'] || user['client-certificate-data'];
  const hasKey = user['client-key'] || user['client-key-data'];
  if ((token || tokenFile) && (username || password)) return 'username: does not go with a token';
  if (hasCertificate && !hasKey) return 'client-key: is missing beside client-certificate';
  if (!user.as) {
    for (const field of ['as-uid', 'as-groups', 'as-user-extra'] as const) {
      const value = user[field];
      if (value && Object.keys(value).length > 0) return `${field}: needs as, whom to impersonate`;
    }
  }
  if (provider && exec) return 'auth-provider: does not go with exec';
  if (provider && provider.name !== 'oidc') {
    return `auth-provider: "${provider.name}" is not supported, kubectl has dropped it; use the exec plugin of the provider`;
  }
  return exec ? execProblem(exec) : undefined;
}

function execProblem({ command, apiVersion, interactiveMode }: ExecConfig): string | undefined {
  if (!command) return 'exec.command: is missing';
  if (!apiVersion) return 'exec.apiVersion: is missing';
  if (!EXEC_VERSIONS.includes(apiVersion)) {
    return `exec.apiVersion: "${apiVersion}" is not supported, only ${EXEC_VERSIONS.join(' and ')}`;
  }
  if (!interactiveMode) {
    return apiVersion.endsWith('/v1') ? 'exec.interactiveMode: is missing, v1 needs it' : undefined;
  }
  if (!INTERACTIVE_MODES.includes(interactiveMode)) {
    return `exec.interactiveMode: expected ${INTERACTIVE_MODES.join(', ')}`;
  }
  return interactiveMode === 'Always'
    ? 'exec.interactiveMode: Always needs a terminal, and a worker has none'
    : undefined;
}

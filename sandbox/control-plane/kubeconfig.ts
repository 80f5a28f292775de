/** A kubeconfig (JSON is YAML) with one context that authenticates by bearer token. */
export function kubeconfig(server: string, ca: string, token: string, namespace = 'default'): string {
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'sandbox',
          cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
        },
      ],
      users: [{ name: 'sandbox', user: { token } }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace } }],
      'current-context': 'sandbox',
    },
    null,
    2,
  );
}

import { createClusterCredentialSource } from '../../../../../../src/targets/kubernetes/api/credentials.ts';

// Asks for credentials, as a worker does that is killed meanwhile.
const [kubeconfig = ''] = process.argv.slice(2);
await createClusterCredentialSource({ kubeconfig }).current(new AbortController().signal);

import * as z from 'zod';

const text = () => z.string({ error: 'expected a text' }).nullish();
const flag = () => z.boolean({ error: 'expected true or false' }).nullish();
const base64 = () =>
  text().refine((value) => !value || /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value), { error: 'is no base64' });

/** What is read of a cluster (kubeconfig v1, Cluster). */
const clusterSchema = z.looseObject({
  server: text(),
  'tls-server-name': text(),
  'insecure-skip-tls-verify': flag(),
  'certificate-authority': text(),
  'certificate-authority-data': base64(),
  'proxy-url': text(),
  extensions: z.array(z.looseObject({ name: z.string(), extension: z.json().optional() })).nullish(),
});

/** An exec plugin (kubeconfig v1, ExecConfig). */
const execSchema = z.looseObject({
  command: text(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: text(),
  installHint: text(),
  provideClusterInfo: flag(),
  interactiveMode: text(),
});

/** What is read of a user (kubeconfig v1, AuthInfo). */
const userSchema = z.looseObject({
  'client-certificate': text(),
  'client-certificate-data': base64(),
  'client-key': text(),
  'client-key-data': base64(),
  token: text(),
  tokenFile: text(),
  username: text(),
  password: text(),
  as: text(),
  'as-uid': text(),
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  'auth-provider': z
    .looseObject({ name: z.string(), config: z.record(z.string(), z.string()).nullish() })
    .nullish(),
  exec: execSchema.nullish(),
});

const contextSchema = z.looseObject({ cluster: text(), user: text() });

/** One kubeconfig file: what is not read here may be in it, as kubectl takes it. */
export const kubeconfigSchema = z.looseObject({
  'current-context': text(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: clusterSchema.nullish() })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userSchema.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name: z.string(), context: contextSchema.nullish() })).nullish(),
});

export type KubeconfigCluster = z.output<typeof clusterSchema>;
export type KubeconfigUser = z.output<typeof userSchema>;
export type KubeconfigContext = z.output<typeof contextSchema>;
export type ExecConfig = z.output<typeof execSchema>;

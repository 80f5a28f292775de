/** How the worker logs in at a registry. Holds secrets: never logged. */
export type RegistryCredentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** From a login through a browser; exchanged for a token at the token server. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** `problem`: why there are none, for the message of a refusal, without secrets. */
  | { readonly kind: 'anonymous'; readonly problem?: string };

export interface RegistryCredentialSource {
  /**
   * Credentials for a registry, asked for only when it wants a login. A source that fails says so by `problem`:
   * public images need no login, and a broken one must not stand in their way.
   * @param registry host and port, as `parseReference` gives them
   */
  find(registry: string, signal: AbortSignal): Promise<RegistryCredentials>;
}

/** For registries that want no login. */
export const noCredentials: RegistryCredentialSource = {
  find: () => Promise.resolve({ kind: 'anonymous' }),
};

/**
 * One ConfigMap or Secret as it was when a version was proved: what makes its content, never a value of it.
 */
export interface KnownConfig {
  readonly kind: 'configmap' | 'secret';
  /** As the proved template refers to it. */
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /**
   * SHA-256 over its content; of a Secret an HMAC with the key of the evidence, so that a weak value cannot be guessed from it.
   * None of a Secret where there is no such key: its `resourceVersion` alone says whether it has moved. None of a ConfigMap in a
   * record of a failure: it was changed after the pods had started, and what they ran with is not known.
   */
  readonly hash?: string;
  /** The immutable copy that holds the same content, where one is kept. */
  readonly copy?: { readonly name: string; readonly uid: string };
}

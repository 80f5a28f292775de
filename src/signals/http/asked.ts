/** What the service's API says of one signal, or why it says nothing. */
export type Answered =
  | { readonly value: number; readonly samples: number; readonly notes: readonly string[] }
  | { readonly why: string };

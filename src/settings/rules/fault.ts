/** What is wrong with a setting, in words that follow its name. */
export interface Fault {
  readonly says: string;
  /** It may be right: what it depends on is not known here. */
  readonly uncertain?: true;
}

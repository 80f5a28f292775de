/** A workflow type that today's worker does not know. */
export async function rescue(): Promise<string> {
  return 'taken by the newer worker';
}

/**
 * Words with which a registry, or a proxy before it, says no: of containerd, CRI-O and dockerd, by the codes of the
 * registry API (MANIFEST_UNKNOWN, NAME_UNKNOWN, DENIED, UNAUTHORIZED), of HTTP and of gRPC. `permission denied` is what
 * the node's own files and sockets say.
 */
const REFUSED =
  /\bnot found\b|\b(manifest|name|blob|repository)[ _]unknown|does not exist|no such image|(?<!permission )\bdenied\b|\bunauthorized\b|\bforbidden\b|authorization failed|authentication required|no basic auth credentials|invalid (reference|repository name|username)|code = (NotFound|PermissionDenied|Unauthenticated|InvalidArgument)/i;

/** Words of what may pass: they count before the ones above, because a proxy dresses one up as the other. */
const MAY_PASS =
  /too ?many ?requests|\b(429|50[0-9]|52[0-9])\b|rate.?limit|(quota|limit|rate).{0,40}exceeded|throttl|resource.?exhausted|time(d )?[ -]?out|deadline ?exceeded|no such host|\blookup\b|server misbehaving|name resolution|connection (refused|reset|closed)|broken pipe|unreachable|no route to host|\bEOF\b|\btls\b|x509|certificate|no space left|disk quota|unavailable|try again|cancell?ed|executable file not found|bad gateway|internal server error/i;

/**
 * Whether by these words of the kubelet the registry has refused the image for good. Names of images and addresses are no
 * words: `registry.example/timeout-proxy:503` may be not found.
 * @param image as the container has it.
 */
export function isRefusedByRegistry(message: string, image = ''): boolean {
  const words = wordsOf(message, image);
  return !MAY_PASS.test(words) && REFUSED.test(words);
}

/** What kubelet and runtime say before they come to the cause. */
const AROUND =
  /^(Back-off pulling image "[^"]*"(: )?|ErrImagePull: |rpc error: code = \w+ desc = |Error response from daemon: |(failed to pull( and unpack)? image|failed to resolve reference) "[^"]*": |failed to copy: |httpReadSeeker: |failed open: )+/;

/** The cause alone, where there is one: a back-off has none when its kubelet repeats no error. */
export function causeOfPull(message: string): string {
  return message.replace(AROUND, '') || message;
}

/** What is said, without quoted names, references, paths and addresses. */
function wordsOf(message: string, image: string): string {
  const tag = /:([\w][\w.-]*)(@|$)/.exec(image)?.[1] ?? '';
  return [image, tag]
    .filter(Boolean)
    .reduce((text, name) => text.replaceAll(name, ' '), message)
    .replace(/"[^"]*"/g, ' ')
    .replace(/(?<!\S)(?!i\/o(?!\S))\S*\/\S*/g, ' ')
    .replace(/sha256:[0-9a-f]+/g, ' ');
}

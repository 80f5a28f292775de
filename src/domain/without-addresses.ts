const ADDRESSES: readonly RegExp[] = [
  // A socket of this host is no address.
  /\b(?!unix:|npipe:|file:)[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]+/gi,
  // What was looked up, as Node and Go say it.
  /(?<=\b(?:ENOTFOUND|EAI_AGAIN|lookup) )[^\s:,;]+/g,
  /\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d{1,5})?/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|\/\d{1,2})?(?![\w-]|\.\w)/g,
  /(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])/gi,
  /(?<![\w:])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,5}(?::[0-9a-f]{1,5}){0,7})?(?![\w:])/gi,
  // A name with a port, as `etcd.internal:2379`.
  /\b[a-z0-9](?:[a-z0-9-]{0,62}\.){1,10}[a-z0-9-]{1,62}:\d{1,5}\b/gi,
];

/**
 * What a library or a server said, without the addresses and host names that it may repeat: they are nobody's business in a
 * message that goes into history and chats. Pure.
 */
export function withoutAddresses(text: string): string {
  return ADDRESSES.reduce((masked, one) => masked.replace(one, '…'), text);
}

import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Environment } from './files.ts';

/** Schemes of proxies that are supported. */
export const PROXY_SCHEMES: readonly string[] = ['http:', 'https:'];

/**
 * The proxy that the environment names for a server, as Go's programs read it (golang.org/x/net/http/httpproxy), kubectl
 * among them: HTTPS_PROXY or HTTP_PROXY by the scheme of the server, but for what NO_PROXY names and for this machine
 * itself.
 * @returns undefined for none. Pure.
 */
export function proxyFromEnvironment(server: string, env: Environment): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const named = protocol === 'https:' ? either(env, 'HTTPS_PROXY') : either(env, 'HTTP_PROXY');
  if (!named) return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const isSpared =
    isOwnMachine(host) || isExcepted(host, port || PORTS[protocol] || '', either(env, 'NO_PROXY'));
  if (isSpared) return undefined;
  return /^[a-z0-9+]+:\/\//i.test(named) ? named : `http://${named}`;
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function either(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a list such as `.svc,10.0.0.0/8,api.example:6443` names the host. */
function isExcepted(host: string, port: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || names(entry, host, port));
}

function names(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isWithin(host, entry);
  const [, bracketed, plain, only] =
    /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(isIPv6(entry) ? `[${entry}]` : entry) ?? [];
  const name = bracketed ?? plain ?? '';
  if (only !== undefined && only !== port) return false;
  if (isIP(name) !== 0) return host === name;
  if (isIP(host) !== 0) return false;
  const domain = name.replace(/^\*?\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isWithin(host: string, range: string): boolean {
  const [network = '', bits] = range.split('/');
  const [hostFamily, family] = [isIP(host), isIP(network)];
  if (hostFamily === 0 || hostFamily !== family || !/^\d{1,3}$/.test(bits ?? '')) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const block = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  block.addSubnet(network, Number(bits), type);
  return block.check(host, type);
}

import { Agent } from 'undici';

/** Who may ask a Prometheus of the sandbox. */
export interface PrometheusAccess {
  readonly login?: SandboxLogin;
  readonly tls?: SandboxTls;
}

/** A name and password, with the hash that Prometheus keeps of it. */
export interface SandboxLogin {
  readonly username: string;
  readonly password: string;
  readonly bcrypt: string;
}

/** Files of a server that speaks TLS, and what whoever asks it needs. */
export interface SandboxTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM that the server's certificate is trusted by. */
  readonly ca: string;
  /** File with the CA of the certificates that clients must show, and one that may. */
  readonly clientCaFile?: string;
  readonly client?: { readonly cert: string; readonly key: string };
}

/** The one login: there is nothing in Node that makes a bcrypt hash. Cost 4, so that a request costs little. */
export const SANDBOX_LOGIN: SandboxLogin = {
  username: 'runbook',
  password: 'a password of the sandbox alone',
  bcrypt: '$2b$04$0MYP0OXyw9.R6MV0HP3VHe4FusrZfkS/mG40orhCzOrev7rYlfCVO',
};

/** What the sandbox itself asks its Prometheus with. */
export function asking({ login, tls }: PrometheusAccess): {
  readonly dispatcher: Agent;
  readonly headers: Readonly<Record<string, string>>;
} {
  const pair = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return {
    dispatcher: new Agent(tls ? { connect: { ca: tls.ca, ...tls.client } } : {}),
    headers: pair ? { authorization: `Basic ${pair}` } : {},
  };
}

/** Transports of agents, the safest first: only RELP acknowledges messages. */
export const AGENT_TRANSPORTS = ['relp', 'tls', 'tcp', 'udp'] as const;
export type AgentTransport = (typeof AGENT_TRANSPORTS)[number];

/** The server, as an agent reaches it. */
export type Target = {
  readonly host: string;
  readonly port: number;
  readonly transport: AgentTransport;
  /** Whether the connection is encrypted: always with `tls`, optional with `relp`. */
  readonly tls: boolean;
  /** Whether the server requires a certificate from the agent. */
  readonly mutual: boolean;
  /** The name that the agent should expect in the server's certificate; `host` if the certificate cannot be read. */
  readonly expected: string;
};

/** A program that sends logs, and the configuration that makes it send them here. */
export type Agent = {
  readonly name: string;
  readonly about: string;
  /** The transports it supports, the preferred one first. */
  readonly transports: readonly AgentTransport[];
  /** The transport to use without `--transport`, whatever listeners the configuration has. */
  readonly unasked?: AgentTransport;
  /** The text of the configuration file, or a command line. */
  print(target: Target): string;
  /** Notes for the user: where the file goes, and what the agent cannot do. */
  notes(target: Target): readonly string[];
};

/** `host:port`, with an IPv6 address in brackets. */
export function hostAndPort({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The note for every transport without acknowledgements. */
export function lossNote({ transport }: Target): string {
  return transport === 'udp'
    ? 'UDP loses messages unnoticed; use --transport relp or tcp if you can'
    : 'messages in flight are lost when the connection breaks; only --transport relp acknowledges messages';
}

/** How an agent can hand its lines over, the safest first: only RELP has them acknowledged. */
export const AGENT_TRANSPORTS = ['relp', 'tls', 'tcp', 'udp'] as const;
export type AgentTransport = (typeof AGENT_TRANSPORTS)[number];

/** The server, as an agent reaches it. */
export type Target = {
  readonly host: string;
  readonly port: number;
  readonly transport: AgentTransport;
  /** TLS: always where the transport is `tls`; RELP may have it, too. */
  readonly tls: boolean;
  /** Whether the server asks for a certificate of the agent's. */
  readonly mutual: boolean;
};

/** A program that sends logs, and the configuration that has it send them here. */
export type Agent = {
  readonly name: string;
  readonly about: string;
  /** Those it knows, the one to take first. */
  readonly transports: readonly AgentTransport[];
  /** What it takes where nobody asks for another, whatever listeners there are. */
  readonly unasked?: AgentTransport;
  /** The configuration, as it goes into a file (or, of a command, as it is typed). */
  print(target: Target): string;
  /** What is to be known beside it: where it goes, and what it cannot do. */
  notes(target: Target): readonly string[];
};

/** `host:port`, an IPv6 address in brackets. */
export function hostAndPort({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What every sender without acknowledgements has in common. */
export function lossNote({ transport }: Target): string {
  return transport === 'udp'
    ? 'UDP loses lines without anybody noticing; --transport relp or tcp is better wherever it works'
    : 'a connection that breaks takes along what was on its way; only --transport relp has lines acknowledged';
}

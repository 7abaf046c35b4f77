export type { Admitted } from './authorize.ts';
export { reasonOfHandshake, secure } from './client.ts';
export { expiryWarning, readCredentials } from './files.ts';
export type { Handshake, HandshakeObserver } from './handshake.ts';
export { TlsHandshakes } from './handshakes.ts';
export { type Refusal, unusedConnection } from './refusals.ts';

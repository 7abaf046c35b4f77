export { type ExpiryWarning, EXPIRES_SOON_MS, expiryWarning, readCredentials } from './files.ts';
export type { Handshake, HandshakeObserver } from './handshake.ts';
export { TlsHandshakes } from './handshakes.ts';
export type { Refusal, RefusalReason } from './refusals.ts';

import type { Gap } from '../account/contract.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { LogMessage } from '../model/message.ts';
import type { MetricsSource } from './metrics/index.ts';
import type { WebSettings } from './settings.ts';

export { WEB_COUNTERS } from './counters.ts';

/** What the web page and its API are made of; `assembly` provides it. */
export type ApiOptions = Omit<MetricsSource, 'webCertificateExpires'> & {
  readonly settings: WebSettings;
  /** The data folder, which keeps the key of sessions. */
  readonly data: string;
  readonly version: string;
  /** The counters of the server, with those of `WEB_COUNTERS`. */
  readonly counters: Counters;
  /** The formats of the command line, by name, with times in a zone. */
  readonly format: (name: 'csv' | 'short-iso', zone: string) => Promise<TextFormat>;
  readonly log: Logger;
};

/** Turns messages into text, as the command line does. */
export type TextFormat = {
  readonly head?: string;
  row(message: LogMessage, context: boolean): string;
  readonly gap?: string;
  missing?(gap: Gap): string;
};

/** The open web page. Disposing of it ends the answers under way and closes its connections. */
export interface Api extends AsyncDisposable {
  /** The address it is bound to, e.g. `127.0.0.1:8514`. */
  readonly address: string;
  /** What people open, e.g. `http://127.0.0.1:8514/`. */
  readonly url: string;
  /** With TLS: when the first of its certificates expires, ms. */
  readonly certificateExpires: number | undefined;
  /** Makes an address that logs in as the operator, once, within so many ms; default: a minute. */
  link(ms?: number): string;
}

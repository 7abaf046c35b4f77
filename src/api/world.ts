import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerContext } from '../ask/index.ts';
import type { Caller } from './access/caller.ts';
import type { Callers } from './access/callers.ts';
import type { ApiOptions } from './contract.ts';
import type { WebCounters } from './counters.ts';
import type { Turns } from './guard/turns.ts';
import type { Metrics } from './metrics/index.ts';
import type { Tails } from './tail/tails.ts';

/** What all handlers of a running web page share. */
export type ApiWorld = Omit<ApiOptions, 'counters'> & {
  readonly now: () => number;
  readonly counters: WebCounters;
  readonly metrics: Metrics;
  /** openapi.json, with its hash. */
  readonly openApi: () => Promise<{ readonly text: string; readonly etag: string }>;
  readonly callers: Callers;
  readonly turns: Turns;
  readonly tails: Tails;
  /** Aborts when the server stops. */
  readonly closing: AbortSignal;
  /** Answers under way that are sent piece by piece. */
  readonly running: Set<Promise<void>>;
};

/** A request as a handler gets it. */
export type Asked<Params = unknown> = {
  readonly params: Params;
  /** Who asks; undefined on routes for everyone. */
  readonly caller: Caller | undefined;
  /** What to answer from, within what the caller may see. @throws Refused ERR_STORE while the store is not open */
  readonly context: AnswerContext;
  readonly world: ApiWorld;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborts when the client hangs up or the server stops. */
  readonly signal: AbortSignal;
};

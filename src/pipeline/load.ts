import type { OpenStage } from './contract.ts';
import type { StageSettings } from './registry.ts';
import type {
  DropSettings,
  JsonSettings,
  KeepSettings,
  RateLimitSettings,
  RedactSettings,
  SeveritySettings,
} from './settings.ts';

type Settings = {
  readonly drop: DropSettings;
  readonly keep: KeepSettings;
  readonly redact: RedactSettings;
  readonly severity: SeveritySettings;
  readonly 'rate-limit': RateLimitSettings;
  readonly json: JsonSettings;
};

/** The code of each kind of stage; kept apart from the schemas, which only the configuration needs. */
const CODE: { readonly [Kind in keyof Settings]: () => Promise<OpenStage<Settings[Kind]>> } = {
  drop: async () => (await import('./drop.ts')).openDrop,
  keep: async () => (await import('./keep.ts')).openKeep,
  redact: async () => (await import('./redact.ts')).openRedact,
  severity: async () => (await import('./severity.ts')).openSeverity,
  'rate-limit': async () => (await import('./rate-limit.ts')).openRateLimit,
  json: async () => (await import('./json.ts')).openJson,
};

/** Loads what opens a stage of these settings. */
export async function loadStage({ kind }: StageSettings): Promise<OpenStage<StageSettings>> {
  return (await CODE[kind]()) as OpenStage<StageSettings>;
}

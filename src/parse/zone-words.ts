/** Zone words, in minutes east of UTC; null if a word means different zones in different countries. */
const ZONES: ReadonlyMap<string, number | null> = new Map(
  Object.entries({
    UTC: 0,
    GMT: 0,
    Z: 0,
    WET: 0,
    WEST: 60,
    CET: 60,
    MEZ: 60,
    CEST: 120,
    MESZ: 120,
    SAST: 120,
    EET: 120,
    EEST: 180,
    MSK: 180,
    HKT: 480,
    AWST: 480,
    JST: 540,
    KST: 540,
    AEST: 600,
    AEDT: 660,
    NZST: 720,
    NZDT: 780,
    EST: -300,
    EDT: -240,
    CDT: -300,
    MST: -420,
    MDT: -360,
    PST: -480,
    PDT: -420,
    AKST: -540,
    AKDT: -480,
    BST: null,
    CST: null,
    IST: null,
    DST: null,
  }),
);

/** The zone words that are known, in capitals. */
export const ZONE_NAMES: readonly string[] = [...ZONES.keys()];

/**
 * Minutes east of UTC of a zone word, in any case except for `Z`; null if it is ambiguous,
 * undefined if it is not a known zone word.
 */
export function zoneWord(word: string): number | null | undefined {
  return word.length === 1 ? ZONES.get(word) : ZONES.get(word.toUpperCase());
}

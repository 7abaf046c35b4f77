export { BEAT_MS, beatLine, formatBeat, readBeat } from './beat.ts';
export { relayedLine } from './line.ts';
export { formatPassage, formatTrail, nonceOfFrom, passageOf, readTrail, trailOf } from './trail.ts';

export { formatRfc5424 } from './format.ts';
export { createParser, type Parser, type ParserOptions } from './parser.ts';
export { FastPath } from './fast-path.ts';
export { isZone, type ZoneEntry, type ZoneSettings, zone, zonePicker, zoneTable } from './zones.ts';

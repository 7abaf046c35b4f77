export { formatRfc5424 } from './format.ts';
export { createParser, type Parser, type ParserOptions } from './parser.ts';
export { FastPath } from './fast-path.ts';
export { FrameTable } from './frame-table.ts';
export { type ZoneEntry, type ZoneSettings, zonePicker, zoneTable } from './zone-picker.ts';

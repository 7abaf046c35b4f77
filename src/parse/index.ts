export { formatRfc5424 } from './format.ts';
export { createParser, type Parser } from './parser.ts';
export { FastPath } from './fast-path.ts';
export { FrameTable } from './frame-table.ts';
export { zonePicker, zoneTable } from './zone-picker.ts';

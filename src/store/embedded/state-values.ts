import { crc32 } from 'node:zlib';

/**
 * A checksum is 16 characters of white space behind the JSON, two bits each. Versions that know none read past it, and
 * values that they wrote are read without.
 */
const DIGITS = ' \t\n\r';
const LENGTH = 16;
const SUMMED = /[ \t\n\r]{16}$/;
const SPACE = /[ \t\n\r]$/;

/** The error of an entry that is not what was written. */
export class DamagedEntry extends Error {
  constructor(namespace: string, key: string) {
    super(`the entry ${JSON.stringify(key)} of ${JSON.stringify(namespace)} is damaged`);
  }
}

/** The text of a value in the state, with a checksum of it and its key. */
export function encodeValue(namespace: string, key: string, value: unknown): string {
  const json = JSON.stringify(value);
  return json + checksum(namespace, key, json);
}

/** @throws DamagedEntry */
export function decodeValue(namespace: string, key: string, text: string): unknown {
  const isSummed = SUMMED.test(text);
  const json = isSummed ? text.slice(0, -LENGTH) : text;
  if (isSummed ? text.slice(-LENGTH) !== checksum(namespace, key, json) : SPACE.test(text)) {
    throw new DamagedEntry(namespace, key);
  }
  try {
    return JSON.parse(json);
  } catch {
    throw new DamagedEntry(namespace, key);
  }
}

function checksum(namespace: string, key: string, json: string): string {
  let sum = crc32(`${namespace}\0${key}\0${json}`);
  let text = '';
  for (let digit = 0; digit < LENGTH; digit++, sum >>>= 2) text += DIGITS[sum & 3];
  return text;
}

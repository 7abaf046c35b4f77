/*
 * AssemblyScript, a part of `fast-path.as.ts`: STRUCTURED-DATA. Names and values are searched for
 * their end 16 bytes at a time.
 */

/** Where the SD-NAME that begins at `at` ends (RFC 5424 §6.3.2). */
// @ts-ignore
@inline function nameEnd(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    // Blanks, `"`, `=`, `]` and DEL.
    let ends = v128.or(i8x16.le_u(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x22)));
    ends = v128.or(ends, v128.or(i8x16.eq(bytes, i8x16.splat(0x3d)), i8x16.eq(bytes, i8x16.splat(0x5d))));
    const found = i8x16.bitmask(v128.or(ends, i8x16.eq(bytes, i8x16.splat(0x7f))));
    if (found) {
      at += ctz(found);
      break;
    }
    at += 16;
  }
  return min(at, end);
}

/** @returns the address after the quote that ends the PARAM-VALUE at `at`; 0 if it is broken */
// @ts-ignore
@inline function valueEnd(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    const quotes = v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
    const found = i8x16.bitmask(v128.or(quotes, i8x16.eq(bytes, i8x16.splat(0x5d))));
    if (!found) {
      at += 16;
      continue;
    }
    at += ctz(found);
    if (at >= end) return 0;
    const byte = <u32>load<u8>(at);
    if (byte == 0x5d) return 0;
    at += 1;
    if (byte == 0x22) return at;
    at += 1;
  }
  return 0;
}

/**
 * @returns the address after the SD-ELEMENTs that begin at `at`; 0 if one is broken, signed or
 * without parameters, because it may then be the text's
 */
export function elementsEnd(at: usize, end: usize): usize {
  do {
    // `ssig`: the hashes of RFC 5848 are over the exact octets.
    if (load<u32>(at, 1) == 0x67697373) return 0;
    const id = at + 1;
    let name = id;
    at = nameEnd(id, end);
    if (at == name) return 0;
    for (;;) {
      const gap = at;
      for (;;) {
        if (at >= end) return 0;
        if (load<u8>(at) != 0x20) break;
        at += 1;
      }
      if (load<u8>(at) == 0x5d) {
        if (name == id) return 0;
        break;
      }
      name = at;
      at = nameEnd(at, end);
      // `="`
      if (name == gap || at == name || load<u16>(at) != 0x223d) return 0;
      at = valueEnd(at + 2, end);
      if (at == 0) return 0;
    }
    at += 1;
  } while (at < end && load<u8>(at) == 0x5b);
  return at;
}

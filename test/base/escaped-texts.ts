/** All of Latin-1, and characters that other escapes write in their own ways: spaces, line ends, beyond 16 bits. */
const CHARACTERS: readonly string[] = [
  ...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)),
  ...['\u1680', '\u2003', '\u2028', '\u2029', '\u3000', '\ufeff', '\ufffd', '\uffff', '\u{1f600}', '\u{10ffff}'],
];

/** Each character alone, within a text, and repeated: `a{1}` must not become a quantifier. */
export const TEXTS: readonly string[] = CHARACTERS.flatMap((character) => [
  character,
  `a${character}1`,
  `${character}${character}{1}`,
]);

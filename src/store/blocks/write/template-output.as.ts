/* The streams of a text while they are written. */

import { STREAMS } from '../format/template-stream.as';
import { copy, reserve } from './template-layout.as';

/** u32: stream -> its address, and its end. */
export let streams: usize = 0;
export let ends: usize = 0;

export function beginStreams(): void {
  streams = reserve(<usize>STREAMS << 2);
  ends = reserve(<usize>STREAMS << 2);
}

// @ts-ignore
@inline export function endOf(stream: u32): usize {
  return load<u32>(ends + (<usize>stream << 2));
}

// @ts-ignore
@inline export function setEnd(stream: u32, end: usize): void {
  store<u32>(ends + (<usize>stream << 2), <u32>end);
}

export function put(stream: u32, byte: u32): void {
  const end = endOf(stream);
  store<u8>(end, <u8>byte);
  setEnd(stream, end + 1);
}

export function putNumber(stream: u32, value: u64): void {
  let end = endOf(stream);
  for (; value > 127; value >>= 7) store<u8>(end++, <u8>(value | 128));
  store<u8>(end++, <u8>value);
  setEnd(stream, end);
}

export function putBytes(stream: u32, from: usize, length: u32): void {
  const end = endOf(stream);
  copy(end, from, length);
  setEnd(stream, end + length);
}

export function openStream(stream: u32, bytes: usize): void {
  const at = reserve(bytes);
  store<u32>(streams + (<usize>stream << 2), <u32>at);
  setEnd(stream, at);
}


import { damaged } from './format.ts';

/*
 * The process ids of a block of format 2: most messages of a host and program have the same as the
 * one before. By place: 0, as the last of this host and program; 1, the first place with the next
 * entry of the dictionary; else the number of the entry + 2.
 */

const SAME = 0;
const NEXT = 1;
const KNOWN = 2;

/** Host and program of each place; places of a program follow one another. */
export type Origins = {
  readonly hosts: ArrayLike<number>;
  /** The place before which each program ends. */
  readonly programs: readonly number[];
};

/** Numbers of entries, in order of their first places, to codes: in place. */
export function packProcids(ids: Int32Array, origins: Origins): void {
  let next = 0;
  eachPlace(ids.length, origins, (place, last) => {
    const id = ids[place]!;
    ids[place] = id === last ? SAME : id === next ? NEXT : id + KNOWN;
    if (id === next) next++;
    return id;
  });
}

/** Codes to numbers of entries. @throws if a code has nothing that it refers to */
export function unpackProcids(codes: Uint16Array, { hosts, programs }: Origins): Uint16Array {
  const ids = new Uint16Array(codes.length);
  const last: number[] = [];
  const programOf: number[] = [];
  let next = 0;
  let place = 0;
  // As `eachPlace`, but a call for each place would take most of the time.
  for (const [program, end] of programs.entries()) {
    for (const stop = Math.min(end, codes.length); place < stop; place++) {
      const code = codes[place]!;
      const host = hosts[place]!;
      let id = code === NEXT ? next : code - KNOWN;
      if (code === SAME) {
        if (programOf[host] !== program) throw damaged('a process id is that of no message before it');
        id = last[host]!;
        if (id < 0) throw damaged('a process id is that of no message before it');
      }
      if (id === next) next++;
      ids[place] = id;
      last[host] = id;
      programOf[host] = program;
    }
  }
  if (place !== codes.length) throw damaged('the programs have fewer places than rows');
  return ids;
}

/** Visits places with the last number of the same host and program, -1 if there is none. */
function eachPlace(count: number, { hosts, programs }: Origins, visit: (place: number, last: number) => number): void {
  const last: number[] = [];
  const programOf: number[] = [];
  let place = 0;
  for (const [program, end] of programs.entries()) {
    for (; place < Math.min(end, count); place++) {
      const host = hosts[place]!;
      last[host] = visit(place, programOf[host] === program ? last[host]! : -1);
      programOf[host] = program;
    }
  }
  if (place !== count) throw damaged('the programs have fewer places than rows');
}
